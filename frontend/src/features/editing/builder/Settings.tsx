import { useEffect, useRef, type ReactNode } from "react";
import type { Applicants, FieldLayout, FormSchema } from "../../../forms/definition";
import { localText } from "../../../forms/definition";
import { currentLanguage, useWords } from "../../../i18n";
import { profileItems } from "../../../lib/profile";
import { Button } from "../../../ui/Button";
import { Checkboxes, Declaration, Select } from "../../../ui/fields/ChoiceFields";
import { NumberField } from "../../../ui/fields/NumberField";
import { TextField } from "../../../ui/fields/TextField";
import { useStatus } from "../../../ui/Status";
import type { Finding, FormContent } from "./api";
import { CalculationSettings } from "./CalculationSettings";
import { choiceKind, freeValue, shownKind } from "./kinds";
import {
  fieldAt,
  fieldsOf,
  isRequired,
  parentOf,
  position,
  schemaOf,
  setField,
  setRequired,
  setRules,
  setSeenTo,
  setStep,
  stepAt,
  type Place,
} from "./model";
import { Figure, filled, focusSoon, Texts } from "./parts";

interface SettingsProps {
  content: FormContent;
  place: Place;
  findings: Finding[];
  /** What takes the focus, whenever it is another: the heading of what was chosen, or the text of what was added. */
  focus: { on: "heading" | "text" } | undefined;
  onOutline: () => void;
  onChange: (content: FormContent) => void;
  onMove: (by: -1 | 1) => void;
  onRemove: () => void;
}

/** What can be said about the form, the step or the question that is chosen. */
export function Settings(props: SettingsProps) {
  const { content, place, findings, focus, onOutline, onMove, onRemove, onChange } = props;
  const t = useWords();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (!focus) return;
    if (focus.on === "text") document.getElementById("q-label-de")?.focus();
    else heading.current?.focus();
  }, [focus]);
  const field = fieldAt(content, place);
  const step = place.length === 1 ? stepAt(content, place) : undefined;
  const { index, count } = position(content, place);
  const own = field?.label ?? step?.title ?? content.title;
  const { at, others } = sorted(findings, field ? ["label", "hint"] : ["title", "intro"]);
  const moveBy = (by: -1 | 1) => {
    onMove(by);
    const last = by < 0 ? index <= 1 : index >= count - 2;
    focusSoon(last === by < 0 ? "move-down" : "move-up");
  };
  const name = localText(own, currentLanguage());
  return (
    <section className="pv-stack pv-stack--medium" aria-labelledby="settings-title settings-kind">
      <div className="pv-stack pv-stack--small">
        <h2 id="settings-title" ref={heading} tabIndex={-1}>
          {name === "" ? t("builder:untitled") : name}
        </h2>
        <p id="settings-kind" className="pv-small pv-muted">
          {field
            ? t(`builder:kind.${shownKind(field)}`)
            : t(step ? "builder:settings.step" : "builder:settings.form")}
        </p>
        {place.length > 0 && (
          <div className="pv-row pv-row--tight">
            {index > 0 && (
              <Button id="move-up" variant="tertiary" small onClick={() => moveBy(-1)}>
                {t("editing:list.up")}
              </Button>
            )}
            {index < count - 1 && (
              <Button id="move-down" variant="tertiary" small onClick={() => moveBy(1)}>
                {t("editing:list.down")}
              </Button>
            )}
            <Button variant="tertiary" small icon="delete" onClick={onRemove}>
              {t("editing:list.remove")}
            </Button>
          </div>
        )}
        <div className="pv-builder__back">
          <Button variant="tertiary" small icon="arrow-back" onClick={onOutline}>
            {t("builder:settings.toOutline")}
          </Button>
        </div>
        {others.length > 0 && (
          <ul className="pv-bullets pv-builder__wrong">
            {others.map((finding) => (
              <li key={finding.pointer + finding.code + finding.message}>{finding.message}</li>
            ))}
          </ul>
        )}
        {others.some(({ severity }) => severity === "warning") && (
          <div>
            <Button
              variant="secondary"
              small
              icon="check"
              onClick={() => {
                onChange(setSeenTo(content, place));
                heading.current?.focus();
              }}
            >
              {t("builder:settings.seenTo")}
            </Button>
          </div>
        )}
      </div>
      {field ? (
        <QuestionSettings key={place.join("/")} {...props} field={field} errors={at} />
      ) : (
        <Texts
          id="label"
          label={t(step ? "builder:settings.stepTitle" : "builder:settings.title")}
          value={own}
          error={at["title"]}
          onChange={(title) => onChange(step ? setStep(content, place, { title }) : { ...content, title })}
        />
      )}
      {place.length === 0 && <ApplicantsSettings content={content} findings={findings} onChange={onChange} />}
      {step && (
        <Texts
          id="intro"
          label={t("builder:settings.intro")}
          optional
          long
          value={step.intro}
          error={at["intro"]}
          onChange={(intro) => onChange(setStep(content, place, { intro: filled(intro) }))}
        />
      )}
    </section>
  );
}

/** Whether several people make the application together, how many, and what the others consent to. */
function ApplicantsSettings({
  content,
  findings,
  onChange,
}: Pick<SettingsProps, "content" | "findings" | "onChange">) {
  const t = useWords();
  const { applicants, ...layout } = content.layout;
  const set = (next: Partial<Applicants>) =>
    onChange({ ...content, layout: { ...layout, applicants: { ...usual, ...applicants, ...next } } });
  const missing = findings.find(({ pointer }) => pointer === "/layout/applicants/consent");
  return (
    <>
      <Declaration
        id="q-applicants"
        label={t("builder:settings.applicants")}
        hint={t("builder:settings.applicantsHint")}
        checked={applicants !== undefined}
        onChange={(several) => (several ? set({}) : onChange({ ...content, layout }))}
      />
      {applicants && (
        <>
          <div className="pv-fields-row">
            <NumberField
              id="q-applicants-from"
              label={t("builder:settings.applicantsFrom")}
              language={currentLanguage()}
              value={applicants.from || undefined}
              onChange={(from) => set({ from: wholeOf(from) })}
            />
            <NumberField
              id="q-applicants-to"
              label={t("builder:settings.applicantsTo")}
              language={currentLanguage()}
              value={applicants.to || undefined}
              onChange={(to) => set({ to: wholeOf(to) })}
            />
          </div>
          <Texts
            id="consent"
            label={t("builder:settings.applicantsConsent")}
            long
            value={applicants.consent}
            error={missing?.message}
            onChange={(consent) => set({ consent })}
          />
        </>
      )}
    </>
  );
}

/** A whole number as it is kept: 0 while nothing, or no number, stands in its field. */
const wholeOf = (typed: number | string | undefined) => (typeof typed === "number" ? Math.round(typed) : 0);

/** What several applicants begin with. */
const usual: Applicants = { from: 2, to: 2, consent: {} };

type Errors = Partial<Record<string, string>>;

/** What was found, by the text that it is about; and what is about none of the texts. */
function sorted(findings: Finding[], texts: string[]): { at: Errors; others: Finding[] } {
  const at: Errors = {};
  const others: Finding[] = [];
  for (const finding of findings) {
    const text = texts.find((name) => finding.pointer.endsWith(`/${name}`));
    if (text !== undefined && at[text] === undefined) at[text] = finding.message;
    else others.push(finding);
  }
  return { at, others };
}

function QuestionSettings({
  content,
  place,
  field,
  errors,
  onChange,
}: SettingsProps & { field: FieldLayout; errors: Errors }) {
  const t = useWords();
  const schema = schemaOf(content, place);
  const set = (change: Parameters<typeof setField>[2]) => onChange(setField(content, place, change));
  const elsewhere = field.showWhen?.field.includes(".") === true;
  const always = field.kind === "declaration" && field.showWhen === undefined;
  return (
    <>
      <Texts
        id="label"
        label={t(field.calculation ? "builder:calculation.name" : "builder:settings.question")}
        value={field.label}
        error={errors["label"]}
        onChange={(text) => set({ label: text })}
      />
      <Texts
        id="hint"
        label={t(field.calculation ? "builder:calculation.hint" : "builder:settings.hint")}
        optional
        value={field.hint}
        error={errors["hint"]}
        onChange={(hint) => set({ hint: filled(hint) })}
      />
      {field.kind !== "calculation" && (
        <Declaration
          id="q-required"
          label={t("builder:settings.required")}
          hint={
            elsewhere
              ? t("builder:settings.requiredElsewhere")
              : field.showWhen
                ? t("builder:settings.requiredWhenShown")
                : undefined
          }
          checked={isRequired(content, place)}
          onChange={(required) => {
            if (!elsewhere) onChange(setRequired(content, place, required));
          }}
        />
      )}
      {field.options && shownKind(field) !== "yesNo" && (
        <Options content={content} place={place} field={field} onChange={onChange} />
      )}
      <Limits content={content} place={place} field={field} schema={schema} onChange={onChange} />
      {field.calculation && (
        <CalculationSettings
          content={content}
          place={place}
          calculation={field.calculation}
          onChange={onChange}
        />
      )}
      {field.kind === "group" && (
        <>
          <Texts
            id="addLabel"
            label={t("builder:settings.addLabel")}
            optional
            value={field.addLabel}
            onChange={(text) => set({ addLabel: filled(text) })}
          />
          <Texts
            id="itemLabel"
            label={t("builder:settings.itemLabel")}
            optional
            value={field.itemLabel}
            onChange={(text) => set({ itemLabel: filled(text) })}
          />
        </>
      )}
      {!always && <ShownWhen content={content} place={place} field={field} onChange={onChange} />}
      {place.length === 2 && !["declaration", "file", "calculation"].includes(field.kind) && (
        <Select
          id="q-profile"
          label={t("builder:settings.profile")}
          hint={t("builder:settings.profileHint")}
          optional
          empty={t("builder:settings.profileNone")}
          options={profileItems.map((value) => ({ value, label: t(`profileItem.${value}`) }))}
          value={field.profile ?? ""}
          onChange={(profile) => set({ profile: profile === "" ? undefined : profile })}
        />
      )}
    </>
  );
}

interface PartProps {
  content: FormContent;
  place: Place;
  field: FieldLayout;
  onChange: (content: FormContent) => void;
}

/** The answers to choose from. */
function Options({ content, place, field, onChange }: PartProps) {
  const t = useWords();
  const status = useStatus();
  const options = field.options ?? [];
  const put = (next: typeof options) => {
    const values = next.map(({ value }) => value);
    const schema = schemaOf(content, place);
    const judged =
      schema.type === "array"
        ? setRules(content, place, { items: { ...schema.items, enum: values } })
        : setRules(content, place, { enum: values });
    onChange(setField(judged, place, { options: next, kind: choiceKind(field.kind, next.length) }));
  };
  const swap = (index: number, by: -1 | 1) => {
    const option = options[index];
    const other = options[index + by];
    if (!option || !other) return;
    put(options.with(index, other).with(index + by, option));
    const last = index + by === (by < 0 ? 0 : options.length - 1);
    focusSoon(`option-${last === by < 0 ? "down" : "up"}-${option.value}`);
    status(
      t("editing:list.moved", {
        item:
          localText(option.label, currentLanguage()) || t("builder:settings.option", { number: index + 1 }),
        position: index + by + 1,
      }),
    );
  };
  return (
    <section className="pv-stack pv-stack--small" aria-labelledby="options-title">
      <h3 id="options-title">{t("builder:settings.options")}</h3>
      {options.map((option, index) => {
        const number = index + 1;
        const named = (action: string): ReactNode => (
          <>
            {action}
            <span className="pv-hidden"> {t("builder:settings.option", { number })}</span>
          </>
        );
        return (
          <div key={option.value} className="pv-group__item pv-stack pv-stack--small">
            <Texts
              id={`option-${option.value}`}
              label={t("builder:settings.option", { number })}
              value={option.label}
              onChange={(label) => put(options.with(index, { ...option, label }))}
            />
            <div className="pv-row pv-row--tight">
              {index > 0 && (
                <Button
                  id={`option-up-${option.value}`}
                  variant="tertiary"
                  small
                  onClick={() => swap(index, -1)}
                >
                  {named(t("editing:list.up"))}
                </Button>
              )}
              {index < options.length - 1 && (
                <Button
                  id={`option-down-${option.value}`}
                  variant="tertiary"
                  small
                  onClick={() => swap(index, 1)}
                >
                  {named(t("editing:list.down"))}
                </Button>
              )}
              {options.length > 1 && (
                <Button
                  variant="tertiary"
                  small
                  icon="delete"
                  onClick={() => {
                    put(options.toSpliced(index, 1));
                    document.getElementById("option-add")?.focus();
                  }}
                >
                  {named(t("editing:list.remove"))}
                </Button>
              )}
            </div>
          </div>
        );
      })}
      <div>
        <Button
          id="option-add"
          variant="secondary"
          icon="add"
          onClick={() =>
            put([...options, { value: freeValue(options.map(({ value }) => value)), label: { de: "" } }])
          }
        >
          {t("builder:settings.addOption")}
        </Button>
      </div>
    </section>
  );
}

/** Numbers that an answer must keep to, as its kind has them. */
const limitsOf: Partial<
  Record<
    FieldLayout["kind"],
    (keyof FormSchema & ("minLength" | "maxLength" | "minimum" | "maximum" | "minItems" | "maxItems"))[]
  >
> = {
  text: ["minLength", "maxLength"],
  textarea: ["minLength", "maxLength"],
  number: ["minimum", "maximum"],
  money: ["minimum", "maximum"],
  checkboxes: ["minItems", "maxItems"],
  group: ["minItems", "maxItems"],
};

function Limits({ content, place, field, schema, onChange }: PartProps & { schema: FormSchema }) {
  const t = useWords();
  const limits = limitsOf[field.kind] ?? [];
  const cents = field.kind === "money";
  return (
    <>
      {limits.length > 0 && (
        <div className="pv-fields-row">
          {limits.map((limit) => {
            const value = schema[limit];
            return (
              <Figure
                key={limit}
                id={`q-${limit}`}
                label={t(`builder:limit.${cents ? "money" : "other"}.${limit}`)}
                optional
                cents={cents}
                decimal={field.kind === "number" || cents}
                value={value}
                onChange={(figure) => {
                  const change: Parameters<typeof setRules>[2] = {};
                  change[limit] = figure;
                  onChange(setRules(content, place, change));
                }}
              />
            );
          })}
        </div>
      )}
      {field.kind === "number" && (
        <Declaration
          id="q-decimal"
          label={t("builder:settings.decimal")}
          checked={schema.type === "number"}
          onChange={(decimal) => onChange(setRules(content, place, { type: decimal ? "number" : "integer" }))}
        />
      )}
      {field.kind === "date" &&
        (["earliest", "latest"] as const).map((limit) => (
          <TextField
            key={limit}
            id={`q-${limit}`}
            label={t(`builder:settings.${limit}`)}
            hint={t("builder:settings.dateHint")}
            optional
            width="medium"
            input={{ spellCheck: false }}
            value={field[limit] ?? ""}
            onChange={(text) => {
              const change: Parameters<typeof setField>[2] = {};
              change[limit] = text === "" ? undefined : text;
              onChange(setField(content, place, change));
            }}
          />
        ))}
      {field.kind === "file" && (
        <Checkboxes
          id="q-accept"
          label={t("builder:settings.accept")}
          options={["application/pdf", "image/jpeg", "image/png"].map((value) => ({
            value,
            label: t(
              `builder:file.${value === "application/pdf" ? "pdf" : value === "image/png" ? "png" : "jpeg"}`,
            ),
          }))}
          value={field.accept ?? []}
          onChange={(accept) =>
            onChange(setField(content, place, { accept: accept.length > 0 ? accept : undefined }))
          }
        />
      )}
    </>
  );
}

/** Under which answer to an earlier question this one is shown. */
function ShownWhen({ content, place, field, onChange }: PartProps) {
  const t = useWords();
  const language = currentLanguage();
  const siblings = fieldsOf(content, parentOf(place));
  const before = siblings
    .slice(
      0,
      siblings.findIndex(({ name }) => name === field.name),
    )
    .filter(({ kind }) => ["radio", "select", "combobox"].includes(kind));
  const condition = field.showWhen;
  const source = before.find(({ name }) => name === condition?.field);
  if (condition && !source && condition.field.includes("."))
    return (
      <p className="pv-small pv-muted">{t("builder:settings.showElsewhere", { field: condition.field })}</p>
    );
  if (before.length === 0 && !condition) return null;
  const values = (condition?.in ?? (condition?.equals === undefined ? [] : [condition.equals])).filter(
    (value) => typeof value === "string",
  );
  return (
    <section className="pv-stack pv-stack--small" aria-labelledby="show-title">
      <h3 id="show-title">{t("builder:settings.showTitle")}</h3>
      <Select
        id="q-show-field"
        label={t("builder:settings.showField")}
        optional
        empty={t("builder:settings.showAlways")}
        options={before.map(({ name, label }) => ({ value: name, label: localText(label, language) }))}
        value={source?.name ?? ""}
        onChange={(name) => {
          const first = before.find((other) => other.name === name)?.options?.[0]?.value;
          onChange(
            setField(content, place, {
              showWhen: name === "" || first === undefined ? undefined : { field: name, in: [first] },
            }),
          );
        }}
      />
      {source && (
        <Checkboxes
          id="q-show-values"
          label={t("builder:settings.showValues")}
          options={(source.options ?? []).map(({ value, label }) => ({
            value,
            label: localText(label, language) === "" ? t("builder:untitled") : localText(label, language),
          }))}
          value={values}
          onChange={(next) => {
            if (next.length > 0)
              onChange(setField(content, place, { showWhen: { field: source.name, in: next } }));
          }}
        />
      )}
    </section>
  );
}
