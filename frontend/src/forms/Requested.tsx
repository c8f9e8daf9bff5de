import type { ReactNode } from "react";
import { useWords } from "../i18n";
import { formatDate } from "../lib/dates";
import { AnswerValue } from "./AnswersView";
import type { Correction } from "./corrections";
import type { FormLayout } from "./definition";
import { fieldName } from "./fields";
import { fieldAt } from "./layout";

/** What an authority asks for beside the words of its question. */
interface Request {
  until?: string;
  documents: readonly { id: string; label: string; hint?: string }[];
  fields: readonly string[];
}

/** Lists what was asked for; answers of the form only when the form is there. */
export function RequestedList({
  requested,
  layout,
  language,
}: {
  requested: Request;
  layout: FormLayout | undefined;
  language: string;
}) {
  const t = useWords();
  return (
    <>
      {requested.documents.length > 0 && (
        <Came title={t("forms:requested.documents")}>
          {requested.documents.map(({ id, label, hint }) => (
            <li key={id}>
              {label}
              {hint !== undefined && hint !== "" && <span className="pv-small pv-muted"> {hint}</span>}
            </li>
          ))}
        </Came>
      )}
      {layout !== undefined && requested.fields.length > 0 && (
        <Came title={t("forms:requested.fields")}>
          {requested.fields.map((path) => (
            <li key={path}>{fieldName(layout, path, language, t)}</li>
          ))}
        </Came>
      )}
      {requested.until !== undefined && (
        <p className="pv-small pv-came">
          {t("forms:requested.until", { day: formatDate(requested.until, language) })}
        </p>
      )}
    </>
  );
}

/** Files that came with an answer; `show` makes a link of one where it can be had. */
export function SentFiles<F extends { id: string; field: string }>({
  files,
  labels,
  show,
}: {
  files: readonly F[];
  /** What was asked for, by the field of the files. */
  labels: ReadonlyMap<string, string>;
  show: (file: F) => ReactNode;
}) {
  const t = useWords();
  return (
    <Came title={t("forms:requested.sentFiles")}>
      {files.map((file) => (
        <li key={file.id}>
          {labels.has(file.field) && <span className="pv-small pv-muted">{labels.get(file.field)}: </span>}
          {show(file)}
        </li>
      ))}
    </Came>
  );
}

/** Answers of the form that came later, with what they were before where that is known. */
export function SentAnswers({
  changes,
  layout,
  language,
  withBefore,
}: {
  changes: readonly Correction[];
  layout: FormLayout;
  language: string;
  withBefore: boolean;
}) {
  const t = useWords();
  return (
    <Came title={t("forms:requested.sentValues")}>
      {changes.map(({ pointer, value, before }) => {
        const field = fieldAt(layout, pointer)?.layout;
        return (
          <li key={pointer}>
            <span className="pv-small pv-muted">{fieldName(layout, pointer, language, t)}: </span>
            {field && <AnswerValue layout={field} value={value} language={language} />}
            {field && withBefore && (
              <span className="pv-small pv-muted">
                {" ("}
                {t("forms:requested.before")}
                <AnswerValue layout={field} value={before} language={language} />)
              </span>
            )}
          </li>
        );
      })}
    </Came>
  );
}

function Came({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="pv-came">
      <p className="pv-small pv-strong">{title}</p>
      <ul className="pv-bullets">{children}</ul>
    </div>
  );
}

/** What was asked for by the field that its files have. */
export function requestedLabels(events: readonly { requested?: Request }[]): ReadonlyMap<string, string> {
  return new Map(
    events.flatMap(({ requested }) =>
      (requested?.documents ?? []).map(({ id, label }) => [`#${id}`, label] as const),
    ),
  );
}
