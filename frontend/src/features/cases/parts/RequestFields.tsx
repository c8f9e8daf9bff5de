import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { AnswerValue } from "../../../forms/AnswersView";
import { corrected } from "../../../forms/corrections";
import { localText } from "../../../forms/definition";
import { askableFields, fieldName } from "../../../forms/fields";
import { readAt } from "../../../forms/pointers";
import { toAnswers } from "../../../forms/validation";
import { currentLanguage, useWords } from "../../../i18n";
import { ErrorState } from "../../../ui/ErrorState";
import { Declaration } from "../../../ui/fields/ChoiceFields";
import { FieldErrorText } from "../../../ui/fields/FieldParts";
import { Loading } from "../../../ui/Loading";
import type { FormErrors } from "../../../ui/useFormErrors";
import { caseFormQuery, type Case } from "../api";

/** Chooses answers of the form that the citizen is to correct or to add; folded until somebody wants that. */
export function RequestFields({
  id,
  item,
  chosen,
  errors,
  fieldIdOf,
  onChange,
}: {
  id: string;
  item: Case;
  chosen: readonly string[];
  errors: FormErrors;
  fieldIdOf: (pointer: string) => string;
  onChange: (pointers: string[]) => void;
}) {
  const t = useWords();
  const language = currentLanguage();
  const [open, setOpen] = useState(false);
  const wrong = [id, ...chosen.map(fieldIdOf)].some((one) => errors.of(one) !== undefined);
  const form = useQuery(caseFormQuery(item.formId, item.formVersion));
  const now = corrected(toAnswers(item.data), item.timeline).answers;
  const toggle = (pointer: string, on: boolean) =>
    onChange(on ? [...chosen, pointer] : chosen.filter((other) => other !== pointer));
  return (
    <details
      className="kern-accordion"
      open={open || wrong} // what the summary leads to has to be there
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary className="kern-accordion__header" id={id}>
        <span className="kern-title">
          {t("cases:question.fields")}
          {chosen.length > 0 && ` (${t("cases:question.chosen", { count: chosen.length })})`}
        </span>
      </summary>
      <div className="kern-accordion__body pv-stack pv-stack--medium">
        <FieldErrorText id={id} error={errors.of(id)} />
        <p className="pv-small">{t("cases:question.fieldsHint")}</p>
        {form.isPending && <Loading />}
        {form.isError && <ErrorState error={form.error} onRetry={() => void form.refetch()} />}
        {form.isSuccess &&
          askableFields(form.data.layout, now).map(({ step, fields }) => (
            <fieldset key={step.id} className="pv-bare-fieldset pv-stack pv-stack--small">
              <legend className="pv-strong">{localText(step.title, language)}</legend>
              {fields.map(({ layout, pointer }) => (
                <Declaration
                  key={pointer}
                  id={fieldIdOf(pointer)}
                  label={
                    <>
                      {fieldName(form.data.layout, pointer, language, t)}{" "}
                      <span className="pv-small pv-muted">
                        <AnswerValue layout={layout} value={readAt(now, pointer)} language={language} />
                      </span>
                    </>
                  }
                  error={errors.of(fieldIdOf(pointer))}
                  checked={chosen.includes(pointer)}
                  onChange={(on) => toggle(pointer, on)}
                />
              ))}
            </fieldset>
          ))}
      </div>
    </details>
  );
}
