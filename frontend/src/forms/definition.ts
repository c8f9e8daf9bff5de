/**
 * The shape of a form definition: a JSON Schema (2020-12, within the form profile) that says what a valid answer is, and a
 * layout that says how to ask. The same two files are judged by the server; `server/forms/testdata/README.md` holds the
 * rules that both sides keep.
 */

/** A text in the languages of the portal, by BCP 47 tag; German is always there. */
export type LocalText = Record<string, string>;

/** A value in the answers: what JSON can hold. */
export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** The answers of a form: a property per step, in it a property per field. */
export type Answers = { [step: string]: Json };

/** The part of JSON Schema that forms may use. */
export interface FormSchema {
  $schema?: string;
  $id?: string;
  $ref?: string;
  $defs?: Record<string, FormSchema>;
  $comment?: string;
  title?: string;
  description?: string;
  type?: "object" | "array" | "string" | "number" | "integer" | "boolean";
  properties?: Record<string, FormSchema>;
  required?: string[];
  additionalProperties?: boolean;
  items?: FormSchema;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  const?: Json;
  enum?: Json[];
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  format?: "date" | "email" | "uuid" | "iban" | "phone";
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  multipleOf?: number;
  allOf?: FormSchema[];
  if?: FormSchema;
  then?: FormSchema;
  else?: FormSchema;
}

/** How a field is asked. */
export type FieldKind =
  | "text"
  | "textarea"
  | "email"
  | "phone"
  | "iban"
  | "number"
  | "money"
  | "date"
  | "radio"
  | "select"
  | "combobox"
  | "checkboxes"
  | "declaration"
  | "file"
  | "group"
  | "calculation";

/** When a field is shown: another answer of the same step (or `step.field`) equals a value, or is one of several. */
export interface ShowWhen {
  field: string;
  equals?: Json;
  in?: Json[];
}

/** One answer to choose. */
export interface FieldOption {
  value: string;
  label: LocalText;
}

/** An amount of a calculation, and how often it counts; `server/forms/testdata/README.md` says how. */
export interface Term {
  label?: LocalText;
  /** Cents, or whatever the calculation counts. */
  amount: number;
  /** A group each item of which is asked by itself. */
  each?: string;
  /** Numbers, and groups whose items are counted: their product. */
  times?: string[];
  /** The days from one date to another, both counted. */
  days?: { from: string; to: string };
  less?: number;
  atMost?: number;
  when?: ShowWhen[];
}

/** A whole number that follows from other answers. */
export interface Calculation {
  unit: "cents" | "count";
  atMost?: number;
  terms: Term[];
}

/** One question. `name` is the property in the step's object. */
export interface FieldLayout {
  name: string;
  kind: FieldKind;
  label: LocalText;
  hint?: LocalText;
  options?: FieldOption[];
  /** HTML autocomplete token, e.g. `given-name`. */
  autocomplete?: string;
  /** Which part of the person's profile may fill this in advance, e.g. `givenName`. */
  profile?: string;
  width?: "short" | "medium" | "long";
  showWhen?: ShowWhen;
  /** Media types and file endings that a file field takes. */
  accept?: string[];
  /** How many files; more than one makes the value a list. */
  maxFiles?: number;
  /** Of a date: not before, not after: a day, `today-18y`, or another date field. */
  earliest?: string;
  latest?: string;
  calculation?: Calculation;
  /** Of a group: the questions of one item. */
  fields?: FieldLayout[];
  addLabel?: LocalText;
  itemLabel?: LocalText;
}

/** One page of the form; `id` is the property of the schema's root. */
export interface StepLayout {
  id: string;
  title: LocalText;
  intro?: LocalText;
  fields: FieldLayout[];
}

/** The pages of a form in their order. */
export interface FormLayout {
  steps: StepLayout[];
  /** Pointer to the calculation that is the fee. */
  fee?: string;
  applicants?: Applicants;
}

/** How many people make the application together, with the one who fills it in, and what the others consent to. */
export interface Applicants {
  from: number;
  to: number;
  consent: LocalText;
}

/** A schema and its layout, as released. */
export interface FormDefinition {
  schema: FormSchema;
  layout: FormLayout;
}

/** Picks the language of a text, German where it is missing. */
export function localText(text: LocalText | undefined, language: string): string {
  if (!text) return "";
  return text[language] ?? text["de"] ?? "";
}
