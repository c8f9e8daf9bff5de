import { useWords, type Say } from "../i18n";
import { classes } from "../lib/classes";
import { calculatedText } from "./CalculationView";
import {
  localText,
  type FieldLayout,
  type FormDefinition,
  type FormSchema,
  type ShowWhen,
  type StepLayout,
} from "./definition";
import { pointerParts } from "./pointers";
import { schemaAt } from "./validation";

/** More choices than this are not listed on paper: the answer is written. */
const listedAtMost = 20;
/** How many of several things, such as dogs, there is room for. */
const roomFor = 2;

/** All questions of a form on paper, also those that only some are asked: to fill in by hand, or to see what will be asked. */
export function PaperForm({ definition, language }: { definition: FormDefinition; language: string }) {
  const t = useWords();
  return (
    <div className="pv-stack pv-stack--large">
      {definition.layout.steps.map((step, index) => (
        <section key={step.id} className="pv-paper">
          <h2>
            {index + 1}. {localText(step.title, language)}
          </h2>
          {step.fields.map((field) => (
            <Question
              key={field.name}
              {...{ definition, step, field, language }}
              path={[step.id, field.name]}
            />
          ))}
        </section>
      ))}
      <div className="pv-paper__signature">
        <span>{t("forms:paper.placeAndDay")}</span>
        <span>{t("forms:paper.signature")}</span>
      </div>
    </div>
  );
}

interface QuestionProps {
  definition: FormDefinition;
  step: StepLayout;
  field: FieldLayout;
  language: string;
  /** Names of the question in the schema; of a group's item 0. */
  path: string[];
}

function Question(props: QuestionProps) {
  const { definition, step, field, language, path } = props;
  const t = useWords();
  const label = localText(field.label, language);
  const only = field.showWhen && condition(definition, step, field.showWhen, language, t);
  if (field.kind === "calculation") {
    const terms = (field.calculation?.terms ?? []).filter(({ label: name, amount }) => name && amount !== 0);
    return (
      <div className="pv-paper__question">
        <p className="pv-strong">{label}</p>
        <ul>
          {terms.map((term) => (
            <li key={localText(term.label, language)}>
              {localText(term.label, language)}:{" "}
              {calculatedText(term.amount, field.calculation?.unit ?? "cents", language)}
            </li>
          ))}
        </ul>
        {field.hint && <p className="pv-muted">{localText(field.hint, language)}</p>}
      </div>
    );
  }
  if (field.kind === "group") {
    const most = schemaAt(definition.schema, path)?.maxItems ?? roomFor;
    const item = localText(field.itemLabel ?? field.label, language);
    return (
      <div className="pv-stack pv-stack--medium">
        <p className="pv-strong">{label}</p>
        {Array.from({ length: Math.min(most, roomFor) }, (_, index) => (
          <div key={`${path.join("/")} ${index + 1}`} className="pv-paper__item">
            <h3>{t("forms:item", { label: item, number: index + 1 })}</h3>
            {(field.fields ?? []).map((inner) => (
              <Question key={inner.name} {...props} field={inner} path={[...path, "0", inner.name]} />
            ))}
          </div>
        ))}
        {most > roomFor && <p className="pv-muted">{t("forms:paper.more")}</p>}
      </div>
    );
  }
  const optional =
    field.showWhen === undefined && !everRequired(schemaAt(definition.schema, path.slice(0, -1)), field.name);
  return (
    <div className="pv-paper__question">
      {field.kind !== "declaration" && (
        <p className="pv-strong">
          {label} {optional && <span className="pv-muted">{t("common:optional")}</span>}
        </p>
      )}
      {only !== undefined && <p className="pv-muted">{only}</p>}
      {field.hint && field.kind !== "combobox" && (
        <p className="pv-muted">{localText(field.hint, language)}</p>
      )}
      <Room field={field} language={language} />
    </div>
  );
}

/** Whether a question must be answered, be it only with some answers to others. */
function everRequired(schema: FormSchema | undefined, name: string): boolean {
  if (schema === undefined) return false;
  if (schema.required?.includes(name)) return true;
  return [schema.then, schema.else, ...(schema.allOf ?? [])].some((part) => everRequired(part, name));
}

/** Where the answer is written or ticked. */
function Room({ field, language }: { field: FieldLayout; language: string }) {
  const t = useWords();
  const options = field.options ?? [];
  if (field.kind === "declaration") return <Box text={localText(field.label, language)} />;
  if (field.kind === "file") return <Box text={t("forms:paper.enclosed")} />;
  if (options.length > 0 && options.length <= listedAtMost) {
    return (
      <ul className="pv-paper__choices">
        {options.map(({ value, label }) => (
          <li key={value}>
            <Box text={localText(label, language)} />
          </li>
        ))}
      </ul>
    );
  }
  if (field.kind === "date") {
    const parts = [t("common:date.day"), t("common:date.month"), t("common:date.year")];
    return (
      <p className="pv-paper__date">
        {parts.map((part) => (
          <span key={part}>
            <span className="pv-paper__line" />
            <span className="pv-small">{part}</span>
          </span>
        ))}
      </p>
    );
  }
  const lines = field.kind === "textarea" ? ["1", "2", "3", "4"] : ["1"];
  return (
    <p className={classes("pv-paper__lines", field.width === "short" && "pv-paper__lines--short")}>
      {lines.map((line) => (
        <span key={line} className="pv-paper__line" />
      ))}
    </p>
  );
}

const Box = ({ text }: { text: string }) => (
  <span className="pv-paper__choice">
    <span className="pv-paper__box" />
    <span>{text}</span>
  </span>
);

/** Says in words when a question is to be answered; undefined where the other question is unknown. */
function condition(
  { layout }: FormDefinition,
  step: StepLayout,
  when: ShowWhen,
  language: string,
  t: Say,
): string | undefined {
  const parts = pointerParts(`/${when.field.replaceAll(".", "/")}`);
  const name = parts.at(-1);
  const home = parts.length > 1 ? layout.steps.find(({ id }) => id === parts[0]) : step;
  const inside = (home?.fields ?? []).flatMap((field) => [field, ...(field.fields ?? [])]);
  const other = inside.find((field) => field.name === name);
  if (!other) return undefined;
  const wanted = when.in ?? (when.equals === undefined ? [] : [when.equals]);
  const answers = wanted.map((value) => {
    const option = other.options?.find((candidate) => candidate.value === value);
    return option ? localText(option.label, language) : String(value);
  });
  return t("forms:paper.only", { question: localText(other.label, language), answers: answers.join(" / ") });
}
