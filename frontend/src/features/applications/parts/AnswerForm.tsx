import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { hasStatus } from "../../../api/problem";
import type { FormDefinition, Json } from "../../../forms/definition";
import { fieldName, itemName, onlyAsked } from "../../../forms/fields";
import { FormField } from "../../../forms/FormField";
import { fieldAt, shownFields } from "../../../forms/layout";
import { summarize, toFormErrors } from "../../../forms/messages";
import { isWithin, pointer, pointerParts, readAt } from "../../../forms/pointers";
import { Uploads } from "../../../forms/Uploads";
import { useSchemaForm } from "../../../forms/useSchemaForm";
import { currentLanguage, useWords } from "../../../i18n";
import { Button } from "../../../ui/Button";
import { Dialog } from "../../../ui/Dialog";
import { ErrorState } from "../../../ui/ErrorState";
import { ErrorSummary } from "../../../ui/ErrorSummary";
import { TextArea } from "../../../ui/fields/TextField";
import { Loading } from "../../../ui/Loading";
import { useAction } from "../../../ui/useAction";
import { useLeaveWarning } from "../../../ui/useLeaveWarning";
import { useFormErrors } from "../../../ui/useFormErrors";
import { answerAuthority, applicationQuery, formQuery, type Application } from "../api";
import { answersNow, fieldOf, type OpenRequest } from "../request";
import { SafeChoice } from "./SafeChoice";
import { useFiles } from "./useFiles";

const longest = 4000;
const mostFiles = 20;
const perDocument = 10;
const text = "message";

const noForm: FormDefinition = { schema: { type: "object" }, layout: { steps: [] } };

interface Props {
  application: Application;
  request: OpenRequest;
  onSent: () => void;
}

/** Answers a question that wants more than words: a place for each document, the questions of the form, and words. */
export function AnswerForm(props: Props) {
  const { application, request } = props;
  const form = useQuery({
    ...formQuery(application.formId, application.formVersion),
    enabled: request.fields.length > 0,
  });
  if (request.fields.length === 0) return <Answer {...props} definition={noForm} />;
  if (form.isPending) return <Loading />;
  if (form.isError) return <ErrorState error={form.error} onRetry={() => void form.refetch()} />;
  return <Answer {...props} definition={form.data} />;
}

const documentId = (id: string) => `document-${id}`;

function Answer({ application, request, definition, onSent }: Props & { definition: FormDefinition }) {
  const t = useWords();
  const language = currentLanguage();
  const queryClient = useQueryClient();
  const errors = useFormErrors();
  const { documents } = request;
  const prepared = application.answer;

  const [before] = useState(() => answersNow(application).answers);
  const asked = useMemo(
    () => onlyAsked(definition, request.fields, before),
    [definition, request.fields, before],
  );
  const form = useSchemaForm(asked, before);
  const { files, know } = useFiles(application.id, prepared?.attachments ?? [], prepared?.uploads);
  const [chosen, setChosen] = useState<ReadonlyMap<string, readonly string[]>>(() =>
    idsByField(prepared?.attachments ?? []),
  );
  const [running, setRunning] = useState<ReadonlyMap<string, number>>(new Map());
  const [words, setWords] = useState("");
  const [missing, setMissing] = useState<string[]>();

  useLeaveWarning(() => words.trim() !== "");

  const filesOf = (field: string) => chosen.get(field) ?? [];
  const change = (field: string, how: (ids: readonly string[]) => readonly string[]) =>
    setChosen((all) => new Map(all).set(field, how(all.get(field) ?? [])));
  const fields = request.fields
    .map((path) => fieldAt(asked.layout, path))
    .filter((field) => field !== undefined)
    .filter(
      ({ layout, pointer: path }) =>
        shownFields([layout], pointer(...pointerParts(path).slice(0, -1)), form.answers).length > 0,
    );
  const values = fields.flatMap(({ pointer: path }) => {
    const value = readAt(form.toSend, path);
    return same(value, readAt(before, path)) ? [] : [{ pointer: path, value: value ?? null }];
  });
  const attachments = documents.flatMap((document) => filesOf(fieldOf(document)));

  /** Shows what the portal found wrong at the field where it stands. */
  const showRefused = (error: unknown): boolean => {
    if (!hasStatus(error, 422)) return false;
    const ofValues = error.errors.flatMap((found) => {
      const [name, index, , ...rest] = pointerParts(found.pointer);
      const value = name === "values" ? values[Number(index)] : undefined;
      return value ? toFormErrors([{ ...found, pointer: value.pointer + pointer(...rest) }]) : [];
    });
    const own = error.errors.flatMap((found) => {
      const [name, index] = pointerParts(found.pointer);
      const id = name === "attachments" ? attachments[Number(index)] : undefined;
      const document = documents.find((one) => id !== undefined && filesOf(fieldOf(one)).includes(id));
      if (document) return [{ fieldId: documentId(document.id), message: found.message }];
      return name === "values" ? [] : [{ fieldId: text, message: found.message }];
    });
    form.showErrors(ofValues);
    errors.show(own);
    return ofValues.length + own.length > 0;
  };

  const send = useAction(async (key) => {
    setMissing(undefined);
    const written = words.trim();
    try {
      await answerAuthority(
        application.id,
        {
          ...(written !== "" && { text: written }),
          ...(attachments.length > 0 && { attachments }),
          ...(values.length > 0 && { values }),
        },
        key,
      );
    } catch (error) {
      if (!showRefused(error)) throw error;
      return;
    }
    await queryClient.invalidateQueries({ queryKey: applicationQuery(application.id).queryKey });
    onSent();
  });

  const submit = () => {
    const wrong = form
      .findErrors()
      .filter(
        (error) =>
          values.some((value) => isWithin(error.pointer, value.pointer)) &&
          error.code !== "additionalProperties",
      );
    const own = [
      ...documents.flatMap((document) => {
        const fieldId = documentId(document.id);
        if ((running.get(document.id) ?? 0) > 0)
          return [{ fieldId, message: t("applications:answer.running", { label: document.label }) }];
        const harmful = filesOf(fieldOf(document)).some((id) => files.known.get(id)?.check === "refused");
        return harmful ? [{ fieldId, message: t("file.harmful") }] : [];
      }),
      ...([...words.trim()].length > longest
        ? [{ fieldId: text, message: t("applications:page.writeLong") }]
        : []),
      ...(attachments.length > mostFiles && documents[0]
        ? [
            {
              fieldId: documentId(documents[0].id),
              message: t("applications:answer.tooMany", { count: mostFiles }),
            },
          ]
        : []),
    ];
    const nothing = attachments.length + values.length === 0 && words.trim() === "";
    if (nothing && wrong.length + own.length === 0) {
      own.push({ fieldId: text, message: t("applications:answer.nothing") });
    }
    form.showErrors(wrong);
    if (!errors.show(own) || wrong.length > 0) return;
    const left = [
      ...documents.filter((document) => filesOf(fieldOf(document)).length === 0).map(({ label }) => label),
      ...fields
        .filter(({ pointer: path }) => !values.some((value) => value.pointer === path))
        .map(({ pointer: path }) => {
          const label = fieldName(asked.layout, path, language, t);
          return readAt(before, path) === undefined ? label : t("applications:answer.unchanged", { label });
        }),
    ];
    if (left.length > 0 && words.trim() === "") setMissing(left);
    else send.run();
  };

  return (
    <form
      className="pv-stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <ErrorSummary
        errors={[
          ...errors.list.filter((error) => error.fieldId !== text),
          ...summarize(form.errors, asked.layout, language, t),
          ...errors.list.filter((error) => error.fieldId === text),
        ]}
        attempt={errors.attempt + form.attempt}
      />
      {documents.map((document) => (
        <Uploads
          key={document.id}
          id={documentId(document.id)}
          label={document.label}
          called={document.label}
          hint={[document.hint, t("applications:answer.kinds")].filter(Boolean).join(" ")}
          error={errors.of(documentId(document.id))}
          pointer={fieldOf(document)}
          ids={filesOf(fieldOf(document))}
          files={{
            ...files,
            fromElsewhere: (question) => (
              <SafeChoice
                application={application}
                {...question}
                onChosen={(file) => {
                  know(file);
                  question.onChosen(file);
                }}
              />
            ),
          }}
          accept={taken}
          maxFiles={perDocument}
          language={language}
          onAdd={(id) => change(fieldOf(document), (ids) => [...ids, id])}
          onRemove={(id) => change(fieldOf(document), (ids) => ids.filter((other) => other !== id))}
          onRunning={(count) => setRunning((all) => new Map(all).set(document.id, count))}
        />
      ))}
      {fields.map((field) => {
        const item = itemName(asked.layout, field.pointer, language, t);
        const question = (
          <FormField key={field.pointer} form={form} field={field} files={files} language={language} asked />
        );
        if (item === undefined) return question;
        return (
          <div key={field.pointer} className="pv-stack pv-stack--small" role="group" aria-label={item}>
            <p className="pv-strong">{item}</p>
            {question}
          </div>
        );
      })}
      <TextArea
        id={text}
        label={t("applications:answer.words")}
        hint={t("applications:answer.wordsHint")}
        optional
        error={errors.of(text)}
        value={words}
        onChange={setWords}
        maxLength={longest}
      />
      {send.error !== undefined && <ErrorState error={send.error} />}
      <div className="pv-actions">
        <Button type="submit" busy={send.busy} icon="mail">
          {t("applications:answer.send")}
        </Button>
      </div>
      {missing !== undefined && (
        <Dialog
          open
          title={t("applications:answer.missingTitle")}
          onClose={() => setMissing(undefined)}
          actions={
            <>
              <Button variant="secondary" onClick={() => setMissing(undefined)}>
                {t("applications:answer.goOn")}
              </Button>
              <Button onClick={send.run}>{t("applications:answer.sendAnyway")}</Button>
            </>
          }
        >
          <div className="pv-stack pv-stack--medium">
            <ul className="pv-bullets">
              {missing.map((label) => (
                <li key={label}>{label}</li>
              ))}
            </ul>
            <p>{t("applications:answer.missingText")}</p>
          </div>
        </Dialog>
      )}
    </form>
  );
}

/** What the portal takes. */
const taken = [".pdf", "image/jpeg", "image/png"];

/** Takes an answer that says nothing as none. */
const cleaned = (value: Json | undefined) => (value === "" ? undefined : value);

/** Whether two answers say the same. */
const same = (one: Json | undefined, other: Json | undefined) =>
  JSON.stringify(cleaned(one)) === JSON.stringify(cleaned(other));

function idsByField(files: readonly { id: string; field: string }[]): ReadonlyMap<string, readonly string[]> {
  const ids = new Map<string, string[]>();
  for (const { id, field } of files) ids.set(field, [...(ids.get(field) ?? []), id]);
  return ids;
}
