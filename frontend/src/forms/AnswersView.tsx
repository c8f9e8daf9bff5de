import type { ReactNode } from "react";
import { useWords } from "../i18n";
import { formatDate, formatDay } from "../lib/dates";
import { formatMoney } from "../lib/money";
import { Facts, type Fact } from "../ui/Facts";
import { calculatedText } from "./CalculationView";
import { dropHidden } from "./conditions";
import type { Correction } from "./corrections";
import { localText, type Answers, type FieldLayout, type FormLayout, type Json } from "./definition";
import { spacedIban } from "./formats";
import { shownFields, type PlacedField } from "./layout";
import { pointer, readAt } from "./pointers";

/** Shows a file by its id: its name, or a link to it. */
export type ShowFile = (id: string) => ReactNode;

/** The answers of a form to read: for the summary, for the receipt, and for the clerk. */
export function AnswersView({
  layout,
  answers,
  language,
  showFile,
  changeLink,
  corrections = none,
}: {
  layout: FormLayout;
  answers: Answers;
  language: string;
  showFile: ShowFile;
  /** What was changed after it was submitted; the answers have it already. */
  corrections?: readonly Correction[];
  /** A link to change the answers of a step. */
  changeLink?: (stepId: string, title: string) => ReactNode;
}) {
  const shown = dropHidden(layout, answers);
  return (
    <div className="pv-stack pv-stack--large">
      {layout.steps.map((step) => {
        const title = localText(step.title, language);
        return (
          <section key={step.id} className="pv-stack pv-stack--small">
            <div className="pv-row pv-row--between">
              <h2>{title}</h2>
              {changeLink?.(step.id, title)}
            </div>
            <FieldFacts
              fields={shownFields(step.fields, pointer(step.id), shown)}
              answers={shown}
              language={language}
              showFile={showFile}
              corrections={corrections}
            />
          </section>
        );
      })}
    </div>
  );
}

const none: readonly Correction[] = [];

interface FieldsProps {
  fields: PlacedField[];
  answers: Answers;
  language: string;
  showFile: ShowFile;
  corrections: readonly Correction[];
}

function FieldFacts({ fields, answers, language, showFile, corrections }: FieldsProps) {
  const t = useWords();
  const single = fields.filter((field) => field.layout.kind !== "group");
  const groups = fields.filter((field) => field.layout.kind === "group");
  const facts: Fact[] = single.map((field) => ({
    id: field.pointer,
    label: localText(field.layout.label, language),
    value: (
      <>
        <AnswerValue
          layout={field.layout}
          value={readAt(answers, field.pointer)}
          language={language}
          showFile={showFile}
        />
        <Corrected
          layout={field.layout}
          corrections={corrections.filter(({ pointer: at }) => at === field.pointer)}
          language={language}
        />
      </>
    ),
  }));
  return (
    <>
      {facts.length > 0 && <Facts items={facts} />}
      {groups.flatMap((group) => {
        const items = readAt(answers, group.pointer);
        const label = localText(group.layout.itemLabel ?? group.layout.label, language);
        return (Array.isArray(items) ? items : []).map((_, index) => {
          const itemPointer = group.pointer + pointer(index);
          return (
            <section key={itemPointer} className="pv-stack pv-stack--small pv-answers__item">
              <h3>{t("forms:item", { label, number: index + 1 })}</h3>
              <FieldFacts
                fields={shownFields(group.layout.fields ?? [], itemPointer, answers)}
                answers={answers}
                language={language}
                showFile={showFile}
                corrections={corrections}
              />
            </section>
          );
        });
      })}
    </>
  );
}

/** Says of an answer that it was corrected, and what it was before. */
function Corrected({
  layout,
  corrections,
  language,
}: {
  layout: FieldLayout;
  corrections: readonly Correction[];
  language: string;
}) {
  const t = useWords();
  return corrections.map((correction) => (
    <p key={correction.at} className="pv-small pv-muted">
      {t("forms:corrected", { when: formatDay(correction.at, language) })}{" "}
      <AnswerValue layout={layout} value={correction.before} language={language} />
    </p>
  ));
}

/** One answer as it is read. */
export function AnswerValue({
  layout,
  value,
  language,
  showFile = String,
}: {
  layout: FieldLayout;
  value: Json | undefined;
  language: string;
  showFile?: ShowFile;
}) {
  const t = useWords();
  if (value === undefined || value === null || value === "") {
    return <span className="pv-muted">{t("forms:notGiven")}</span>;
  }
  if (layout.kind === "group") return <Items layout={layout} value={value} language={language} />;
  if (layout.kind === "declaration")
    return <>{value === true ? t("forms:confirmed") : t("forms:notGiven")}</>;
  if (layout.kind === "file") {
    const ids = Array.isArray(value) ? value : [value];
    return (
      <ul className="pv-stack pv-stack--small pv-bare">
        {ids.map((id) => (
          <li key={String(id)}>{showFile(String(id))}</li>
        ))}
      </ul>
    );
  }
  if (Array.isArray(value)) return <>{value.map((item) => optionText(layout, item, language)).join(", ")}</>;
  if (layout.kind === "date") return <>{formatDate(String(value), language)}</>;
  if (layout.kind === "iban") return <>{spacedIban(String(value))}</>;
  if (typeof value === "number" && layout.kind === "money") return <>{formatMoney(value, "EUR", language)}</>;
  if (typeof value === "number" && layout.calculation) {
    return <strong>{calculatedText(value, layout.calculation.unit, language)}</strong>;
  }
  if (typeof value === "number") return <>{new Intl.NumberFormat(language).format(value)}</>;
  return <span className="pv-pre-line">{optionText(layout, value, language)}</span>;
}

/** The items of a group as the answer to one question, each in a line. */
function Items({ layout, value, language }: { layout: FieldLayout; value: Json; language: string }) {
  return (
    <ol className="pv-bullets">
      {(Array.isArray(value) ? value : []).map((_, index) => (
        // The position is what an item is known by.
        // oxlint-disable-next-line react/no-array-index-key
        <li key={index}>
          {(layout.fields ?? []).map((field) => {
            const given = readAt(value, pointer(index, field.name));
            return given === undefined ? null : (
              <span key={field.name} className="pv-block">
                {localText(field.label, language)}:{" "}
                <AnswerValue layout={field} value={given} language={language} />
              </span>
            );
          })}
        </li>
      ))}
    </ol>
  );
}

function optionText(layout: FieldLayout, value: Json, language: string): string {
  const option = layout.options?.find((candidate) => candidate.value === value);
  return option ? localText(option.label, language) : String(value);
}
