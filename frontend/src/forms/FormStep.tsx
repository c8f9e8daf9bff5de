import type { ReactNode } from "react";
import { useWords } from "../i18n";
import { ErrorSummary } from "../ui/ErrorSummary";
import { PageHeading } from "../ui/PageHeading";
import { localText, type StepLayout } from "./definition";
import { FormField } from "./FormField";
import { shownFields } from "./layout";
import { summarize } from "./messages";
import { pointer } from "./pointers";
import type { FormFiles } from "./Uploads";
import type { SchemaForm } from "./useSchemaForm";

/** One page of a form: heading, error summary, questions, and the buttons that the page around it gives. */
export function FormStep({
  form,
  step,
  files,
  language,
  caption,
  before,
  inPage = false,
  onSubmit,
  children,
}: {
  form: SchemaForm;
  step: StepLayout;
  files: FormFiles;
  language: string;
  /** What the form is for, over the step's heading. */
  caption: ReactNode;
  /** Shown before the questions. */
  before?: ReactNode;
  /** Whether it is a part of a page that has a heading of its own. */
  inPage?: boolean;
  onSubmit: () => void;
  children: ReactNode;
}) {
  const t = useWords();
  const steps = form.definition.layout.steps;
  const number = steps.indexOf(step) + 1;
  const total = steps.length + 1;
  return (
    <form
      className="pv-stack pv-stack--large"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      <div className="pv-stack pv-stack--medium">
        <div className="pv-steps">
          <p className="pv-muted">{caption}</p>
          {inPage ? (
            <h3>{localText(step.title, language)}</h3>
          ) : (
            <PageHeading key={step.id} title={localText(step.title, language)} />
          )}
          <StepProgress number={number} total={total} />
        </div>
        {step.intro && <p className="pv-text">{localText(step.intro, language)}</p>}
      </div>
      <ErrorSummary
        errors={summarize(form.errors, form.definition.layout, language, t)}
        attempt={form.attempt}
      />
      {before}
      {shownFields(step.fields, pointer(step.id), form.answers).map((field) => (
        <FormField key={field.pointer} form={form} field={field} files={files} language={language} />
      ))}
      {children}
    </form>
  );
}

/** How far the person is; the last step is the summary. */
export function StepProgress({ number, total }: { number: number; total: number }) {
  const t = useWords();
  const text = t("forms:step", { number, total });
  return (
    <div className="kern-progress">
      <span className="pv-small pv-muted">{text}</span>
      <progress value={number} max={total} aria-label={text} />
    </div>
  );
}
