import { useEffect, useRef } from "react";
import { useWords } from "../i18n";
import { focusElement } from "../lib/focus";
import { Alert } from "./Alert";

export interface SummarizedError {
  /** Id of the field that the entry leads to. */
  fieldId: string;
  message: string;
}

/**
 * All errors of a form in one place, each a link to its field. Takes the focus when `attempt` changes, which is when the
 * form was sent, and at no other time.
 */
export function ErrorSummary({ errors, attempt }: { errors: SummarizedError[]; attempt: number }) {
  const t = useWords();
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (attempt > 0) focusElement(ref.current);
  }, [attempt]);
  if (errors.length === 0) return null;
  return (
    <div ref={ref} className="pv-error-summary" tabIndex={-1}>
      <Alert kind="danger" title={t("errorSummary", { count: errors.length })}>
        <ul>
          {errors.map((error) => (
            <li key={`${error.fieldId} ${error.message}`}>
              <a
                href={`#${error.fieldId}`}
                onClick={(event) => {
                  event.preventDefault();
                  const target = document.getElementById(error.fieldId);
                  target?.focus();
                  target?.closest(".kern-form-input, .kern-fieldset")?.scrollIntoView({ block: "start" });
                }}
              >
                {error.message}
              </a>
            </li>
          ))}
        </ul>
      </Alert>
    </div>
  );
}
