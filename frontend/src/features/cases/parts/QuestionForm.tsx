import { useState } from "react";
import type { Schemas } from "../../../api/client";
import { fieldId } from "../../../forms/pointers";
import { useWords } from "../../../i18n";
import { isDate, shiftDay, todayInGermany } from "../../../lib/dates";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { ErrorSummary } from "../../../ui/ErrorSummary";
import { DateField } from "../../../ui/fields/DateField";
import { TextArea } from "../../../ui/fields/TextField";
import { useAction } from "../../../ui/useAction";
import { useLeaveWarning } from "../../../ui/useLeaveWarning";
import { useFormErrors } from "../../../ui/useFormErrors";
import type { Case } from "../api";
import { InsertTemplate } from "./InsertTemplate";
import { RequestDocuments, documentFields, type TypedDocument } from "./RequestDocuments";
import { RequestFields } from "./RequestFields";

const longest = 4000;
const mostFields = 20;
const ids = { text: "question", until: "question-until", fields: "question-fields" };

/** The checkbox of a field of the form. */
const fieldIdOf = (path: string) => `ask-${fieldId(path)}`;

/** A question to the citizen, which may ask for documents and for answers of the form, until a day. */
export function QuestionForm({
  item,
  onSend,
  onCancel,
}: {
  item: Case;
  onSend: (question: Schemas["CaseQuestion"], key: string) => Promise<void>;
  onCancel: () => void;
}) {
  const t = useWords();
  const errors = useFormErrors();
  const [text, setText] = useState("");
  const [documents, setDocuments] = useState<TypedDocument[]>([]);
  const [fields, setFields] = useState<string[]>([]);
  const [until, setUntil] = useState("");
  useLeaveWarning(() => text.trim() !== "" || documents.length > 0);
  const send = useAction(async (key) => {
    try {
      await onSend(
        {
          text: text.trim(),
          ...(documents.length > 0 && {
            documents: documents.map(({ label, hint }) => ({
              label: label.trim(),
              ...(hint.trim() !== "" && { hint: hint.trim() }),
            })),
          }),
          ...(fields.length > 0 && { fields }),
          ...(until !== "" && { until }),
        },
        key,
      );
    } catch (problem) {
      const known = {
        ...ids,
        ...documentFields(documents),
        ...Object.fromEntries(fields.map((path, index) => [`fields/${index}`, fieldIdOf(path)])),
      };
      if (!errors.showProblem(problem, known)) throw problem;
    }
  });
  const submit = () => {
    const tomorrow = shiftDay(todayInGermany(), 1, "d");
    const latest = shiftDay(todayInGermany(), 1, "y");
    const untilFits = until === "" || (isDate(until) && until >= tomorrow && until <= latest);
    const fine = errors.show([
      ...(text.trim() === "" ? [{ fieldId: ids.text, message: t("cases:question.missing") }] : []),
      ...documents.flatMap(({ key, label }, index) =>
        label.trim() === ""
          ? [
              {
                fieldId: `${key}-label`,
                message: t("cases:question.labelMissing", { number: index + 1 }),
              },
            ]
          : [],
      ),
      ...(fields.length > mostFields
        ? [{ fieldId: ids.fields, message: t("cases:question.tooManyFields", { count: mostFields }) }]
        : []),
      ...(untilFits ? [] : [{ fieldId: ids.until, message: t("cases:question.untilWrong") }]),
    ]);
    if (fine) send.run();
  };
  return (
    <form
      className="pv-stack"
      noValidate
      data-unsent={documents.length > 0 || fields.length > 0 || until !== "" || undefined}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <ErrorSummary errors={errors.list} attempt={errors.attempt} />
      <InsertTemplate item={item} use="question" text={text} onInsert={setText} />
      <TextArea
        id={ids.text}
        label={t("cases:question.label")}
        hint={t("cases:question.hint")}
        error={errors.of(ids.text)}
        value={text}
        onChange={setText}
        maxLength={longest}
      />
      <RequestDocuments documents={documents} errors={errors} onChange={setDocuments} />
      <RequestFields
        id={ids.fields}
        item={item}
        chosen={fields}
        errors={errors}
        fieldIdOf={fieldIdOf}
        onChange={setFields}
      />
      <DateField
        id={ids.until}
        label={t("cases:question.until")}
        hint={t("cases:question.untilHint")}
        optional
        error={errors.of(ids.until)}
        value={until}
        onChange={setUntil}
      />
      {send.error !== undefined && <ErrorState error={send.error} />}
      <div className="pv-actions">
        <Button type="submit" busy={send.busy}>
          {t("cases:question.send")}
        </Button>
        <Button variant="secondary" onClick={onCancel}>
          {t("common:cancel")}
        </Button>
      </div>
    </form>
  );
}
