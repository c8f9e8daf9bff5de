import { useEffect, useMemo, useState } from "react";
import { FormStep } from "../../../forms/FormStep";
import type { FormFiles } from "../../../forms/Uploads";
import { localText, type Answers, type FieldLayout, type LocalText } from "../../../forms/definition";
import { isValues } from "../../../forms/lookup";
import { useSchemaForm } from "../../../forms/useSchemaForm";
import { compileForm, errorCodes, type FormError } from "../../../forms/validation";
import { currentLanguage, useWords } from "../../../i18n";
import { Alert } from "../../../ui/Alert";
import { Button } from "../../../ui/Button";
import { ErrorState } from "../../../ui/ErrorState";
import { useAction } from "../../../ui/useAction";
import { tryForm, type FormContent } from "./api";

/** The form as citizens see it, with answers that are kept nowhere. */
export function Preview({
  formId,
  content,
  stepId,
  beforehand,
}: {
  formId: string;
  content: FormContent;
  /** The step to begin with. */
  stepId: string | undefined;
  /** Saves what is not saved yet, so that the portal tries the same form. */
  beforehand: () => Promise<boolean>;
}) {
  const t = useWords();
  const usable = useMemo(() => isUsable(content), [content]);
  const shown = useMemo(() => withTexts(content, t("builder:untitled")), [content, t]);
  const [answers, setAnswers] = useState<Answers>({});
  return (
    <section className="pv-stack pv-stack--medium" aria-labelledby="preview-title">
      <h2 id="preview-title">{t("builder:preview.title")}</h2>
      <p className="pv-small pv-muted">{t("builder:preview.text")}</p>
      {usable ? (
        <div className="pv-preview">
          <Filled
            key={JSON.stringify([stepId, content])}
            formId={formId}
            content={shown}
            stepId={stepId}
            beforehand={beforehand}
            first={answers}
            onAnswers={setAnswers}
          />
        </div>
      ) : (
        <Alert kind="info" title={t("builder:preview.notYet")} />
      )}
    </section>
  );
}

function isUsable(content: FormContent): boolean {
  if (content.layout.steps.length === 0) return false;
  try {
    compileForm(content)({});
    return true;
  } catch {
    return false; // a pattern that is none, a reference to nothing: the findings say so
  }
}

/** The form with a word where a text is missing yet, so that every question can be told from the others. */
function withTexts(content: FormContent, missing: string): FormContent {
  const text = (given: LocalText): LocalText =>
    (given["de"] ?? "") === "" ? { ...given, de: missing } : given;
  const field = (given: FieldLayout): FieldLayout => ({
    ...given,
    label: text(given.label),
    ...(given.options && {
      options: given.options.map((option) => ({ ...option, label: text(option.label) })),
    }),
    ...(given.fields && { fields: given.fields.map(field) }),
  });
  const steps = content.layout.steps.map((step) => ({
    ...step,
    title: text(step.title),
    fields: step.fields.map(field),
  }));
  return { ...content, layout: { ...content.layout, steps } };
}

/** Sample answers without those to questions that are not there any more. */
function stillAsked({ layout }: FormContent, answers: Answers): Answers {
  const kept: Answers = {};
  for (const { id, fields } of layout.steps) {
    const values = answers[id];
    if (!isValues(values)) continue;
    const names = new Set(fields.map(({ name }) => name));
    kept[id] = Object.fromEntries(Object.entries(values).filter(([name]) => names.has(name)));
  }
  return kept;
}

/** Files go nowhere here: each gets an id, and that is all. */
const nowhere: FormFiles = {
  known: new Map(),
  upload: (file) => Promise.resolve({ id: crypto.randomUUID(), name: file.name, size: file.size }),
  remove: () => Promise.resolve(),
  explain: () => "",
};

function Filled({
  formId,
  content,
  stepId,
  beforehand,
  first,
  onAnswers,
}: {
  formId: string;
  content: FormContent;
  stepId: string | undefined;
  beforehand: () => Promise<boolean>;
  /** The sample answers to begin with, which outlive a change of the form. */
  first: Answers;
  onAnswers: (answers: Answers) => void;
}) {
  const t = useWords();
  const { steps } = content.layout;
  const begin = Math.max(
    0,
    steps.findIndex(({ id }) => id === stepId),
  );
  const [index, setIndex] = useState(begin);
  const [result, setResult] = useState<"step" | "form">();
  const form = useSchemaForm(content, stillAsked(content, first));
  useEffect(() => onAnswers(form.answers), [onAnswers, form.answers]);
  const step = steps[index] ?? steps[0];
  const judge = useAction(async () => {
    setResult(undefined);
    if (!(await beforehand())) return;
    const { errors } = await tryForm(formId, form.toSend);
    const found = errors.flatMap((error): FormError[] => {
      const code = errorCodes.find((known) => known === error.code);
      return code
        ? [{ pointer: error.pointer, code, params: (error.params ?? {}) as FormError["params"] }]
        : [];
    });
    const wrong = steps.findIndex(({ id }) => found[0]?.pointer.startsWith(`/${id}/`) === true);
    if (wrong >= 0) setIndex(wrong);
    form.showErrors(found);
    if (errors.length === 0) setResult("form");
  });
  if (!step) return null;
  const go = (by: number) => {
    setResult(undefined);
    form.showErrors([]);
    setIndex(index + by);
  };
  return (
    <FormStep
      form={form}
      step={step}
      files={nowhere}
      language={currentLanguage()}
      caption={localText(content.title, currentLanguage())}
      inPage
      onSubmit={() => setResult(form.check(step.id) ? "step" : undefined)}
    >
      <div className="pv-stack pv-stack--small">
        <div role="status">
          {result && <p className="pv-strong">{t(`builder:preview.${result}Right`)}</p>}
        </div>
        {judge.error !== undefined && <ErrorState error={judge.error} />}
        <div className="pv-row">
          <Button type="submit">{t("builder:preview.check")}</Button>
          <Button variant="secondary" busy={judge.busy} onClick={judge.run}>
            {t("builder:preview.judge")}
          </Button>
        </div>
        <div className="pv-row">
          {index > 0 && (
            <Button variant="tertiary" icon="arrow-back" onClick={() => go(-1)}>
              {t("builder:preview.back")}
            </Button>
          )}
          {index < steps.length - 1 && (
            <Button variant="tertiary" icon="arrow-forward" onClick={() => go(1)}>
              {t("builder:preview.next")}
            </Button>
          )}
        </div>
      </div>
    </FormStep>
  );
}
