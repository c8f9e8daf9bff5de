import { useWords, type Say } from "../i18n";
import type { Choice } from "../ui/fields/ChoiceFields";
import { Checkboxes, Declaration, Radios, Select } from "../ui/fields/ChoiceFields";
import { ChoiceCombobox } from "../ui/fields/ChoiceCombobox";
import { DateField } from "../ui/fields/DateField";
import type { FieldProps } from "../ui/fields/FieldParts";
import { MoneyField } from "../ui/fields/MoneyField";
import { NumberField } from "../ui/fields/NumberField";
import { TextArea, TextField } from "../ui/fields/TextField";
import { CalculationView } from "./CalculationView";
import { localText, type FieldLayout, type Json } from "./definition";
import { FormGroup } from "./FormGroup";
import type { PlacedField } from "./layout";
import { errorMessage } from "./messages";
import { PlaceSuggestions } from "./PlaceSuggestions";
import { isValues } from "./lookup";
import { fieldId, isWithin, pointer as pointerOf, pointerParts, readAt } from "./pointers";
import { Uploads, type FormFiles } from "./Uploads";
import type { SchemaForm } from "./useSchemaForm";
import { isRequiredWith, schemaAt } from "./validation";

interface FormFieldProps {
  form: SchemaForm;
  field: PlacedField;
  files: FormFiles;
  language: string;
  /** Whether somebody has asked for just this answer, so that it is not one to leave out. */
  asked?: boolean;
}

const asText = (value: Json | undefined) => (typeof value === "string" ? value : "");
const asList = (value: Json | undefined) =>
  Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];

/** The names under which the schema knows a pointer's parts: list positions are passed as any name. */
function required(form: SchemaForm, pointer: string): boolean {
  const path = pointerParts(pointer);
  const siblings = readAt(form.answers, pointerOf(...path.slice(0, -1)));
  return isRequiredWith(
    form.definition.schema,
    path.slice(0, -1),
    path.at(-1) ?? "",
    isValues(siblings) ? siblings : {},
  );
}

/** One question of a form: the component that fits its kind. */
export function FormField(props: FormFieldProps) {
  const { form, field, language, asked = false } = props;
  const { layout, pointer } = field;
  const t = useWords();
  if (layout.kind === "group") {
    return (
      <FormGroup
        form={form}
        field={field}
        language={language}
        renderField={(inner) => <FormField key={inner.pointer} {...props} field={inner} />}
      />
    );
  }

  const value = readAt(form.answers, pointer);
  const error = form.errors.find((candidate) => isWithin(candidate.pointer, pointer));
  const set = (next: Json | undefined) => form.set(pointer, next);
  const common: FieldProps = {
    id: fieldId(pointer),
    label: localText(layout.label, language),
    hint: layout.hint && localText(layout.hint, language),
    error: error && errorMessage(error, form.definition.layout, language, t),
    optional: !asked && !required(form, pointer) && layout.showWhen === undefined,
    origin: fromAccountText(form, pointer, t),
  };
  switch (layout.kind) {
    case "text":
    case "email":
    case "phone":
    case "iban": {
      const line = (
        <TextField
          {...common}
          value={asText(value)}
          onChange={(next) => set(next === "" ? undefined : next)}
          width={layout.width ?? "long"}
          input={inputProps(layout)}
        />
      );
      if (layout.autocomplete !== "address-level2") return line;
      return (
        <div className="pv-stack pv-stack--small">
          {line}
          <PlaceSuggestions form={form} at={pointer} />
        </div>
      );
    }
    case "money":
      return (
        <MoneyField
          {...common}
          value={typeof value === "number" || typeof value === "string" ? value : undefined}
          onChange={set}
          language={language}
        />
      );
    case "combobox":
      return (
        <ChoiceCombobox
          {...common}
          options={choices(layout, language)}
          value={asText(value)}
          onChange={set}
          {...(layout.autocomplete !== undefined && { autoComplete: layout.autocomplete })}
        />
      );
    case "calculation":
      return <CalculationView form={form} field={field} language={language} />;
    case "textarea":
      return (
        <TextArea
          {...common}
          value={asText(value)}
          onChange={(next) => set(next === "" ? undefined : next)}
          maxLength={schemaAt(form.definition.schema, pointerParts(pointer))?.maxLength}
        />
      );
    case "number":
      return (
        <NumberField
          {...common}
          value={typeof value === "number" || typeof value === "string" ? value : undefined}
          onChange={set}
          language={language}
          decimal={schemaAt(form.definition.schema, pointerParts(pointer))?.type === "number"}
          width={layout.width ?? "short"}
        />
      );
    case "date":
      return (
        <DateField
          {...common}
          value={asText(value)}
          onChange={(next) => set(next === "" ? undefined : next)}
          birthday={layout.autocomplete === "bday"}
        />
      );
    case "radio":
      return <Radios {...common} options={choices(layout, language)} value={asText(value)} onChange={set} />;
    case "select":
      return (
        <Select
          {...common}
          options={choices(layout, language)}
          value={asText(value)}
          onChange={(next) => set(next === "" ? undefined : next)}
        />
      );
    case "checkboxes":
      return (
        <Checkboxes
          {...common}
          options={choices(layout, language)}
          value={asList(value)}
          onChange={(next) => set(next.length === 0 ? undefined : next)}
        />
      );
    case "declaration":
      return (
        <Declaration {...common} checked={value === true} onChange={(next) => set(next ? true : undefined)} />
      );
    case "file":
      return <FormFileField {...props} common={common} value={value} />;
  }
}

/** Says that an answer was taken from the account, and what is known of it there. */
function fromAccountText(form: SchemaForm, pointer: string, t: Say): string | undefined {
  const mark = form.fromAccount(pointer);
  return mark && [t("forms:fromAccount"), mark.note].filter(Boolean).join(", ");
}

function inputProps(layout: FieldLayout) {
  const autoComplete = layout.autocomplete ?? "off";
  if (layout.kind === "email") {
    return { type: "email", inputMode: "email", autoComplete, spellCheck: false } as const;
  }
  if (layout.kind === "iban")
    return { autoComplete, spellCheck: false, autoCapitalize: "characters" } as const;
  if (layout.kind === "phone") return { type: "tel", inputMode: "tel", autoComplete } as const;
  return layout.autocomplete === "postal-code"
    ? ({ inputMode: "numeric", autoComplete } as const)
    : { autoComplete };
}

function choices(layout: FieldLayout, language: string): Choice[] {
  return (layout.options ?? []).map((option) => ({
    value: option.value,
    label: localText(option.label, language),
  }));
}

/** A question whose answer is a file, or several. */
function FormFileField({
  form,
  field: { layout, pointer },
  files,
  language,
  common,
  value,
}: FormFieldProps & { common: FieldProps; value: Json | undefined }) {
  const several = schemaAt(form.definition.schema, pointerParts(pointer))?.type === "array";
  const ids = several ? asList(value) : asList(value === undefined ? [] : [value]);
  return (
    <Uploads
      {...common}
      pointer={pointer}
      called={localText(layout.label, language)}
      ids={ids}
      files={files}
      accept={layout.accept}
      maxFiles={several ? (layout.maxFiles ?? 10) : 1}
      language={language}
      onAdd={(id) => form.update(pointer, (before) => (several ? [...asList(before), id] : id))}
      onRemove={(id) =>
        form.update(pointer, (before) => {
          const left = asList(before).filter((other) => other !== id);
          return several && left.length > 0 ? left : undefined;
        })
      }
    />
  );
}
