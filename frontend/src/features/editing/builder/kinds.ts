import type { FieldLayout, FormSchema, LocalText } from "../../../forms/definition";
import type { Question } from "./model";

/** Kinds of questions that can be added, in the order in which they are offered. */
export const questionKinds = [
  "text",
  "textarea",
  "number",
  "date",
  "yesNo",
  "choice",
  "choices",
  "email",
  "phone",
  "iban",
  "money",
  "file",
  "group",
  "declaration",
  "calculation",
] as const;
/** Common parts: several questions at once, filled from the account where the person wants that. */
export const commonParts = ["person", "address", "account", "mandate"] as const;

type QuestionKind = (typeof questionKinds)[number];
type CommonPart = (typeof commonParts)[number];
export type Addition = QuestionKind | CommonPart;

/** At most so many choices are shown at once; more are in a list that opens. */
const fewChoices = 6;

const text = (maxLength: number): FormSchema => ({ type: "string", minLength: 1, maxLength });
const label = (de: string, en: string): LocalText => ({ de, en });

const yesNo = [
  { value: "yes", label: label("Ja", "Yes") },
  { value: "no", label: label("Nein", "No") },
];

function question(
  kind: FieldLayout["kind"],
  name: string,
  schema: FormSchema,
  more: Partial<FieldLayout> = {},
): Question {
  return { field: { name, kind, label: { de: "" }, ...more }, schema, required: true };
}

/** A question of the account's profile. */
function known(
  name: string,
  labels: LocalText,
  schema: FormSchema,
  more: Partial<FieldLayout> = {},
): Question {
  return question(more.kind ?? "text", name, schema, { label: labels, profile: name, ...more });
}

/** What is added for a kind: one question, or those of a common part. */
export function additions(kind: Addition): Question[] {
  switch (kind) {
    case "text":
      return [question("text", "text", text(200))];
    case "textarea":
      return [question("textarea", "longText", text(2000))];
    case "number":
      return [question("number", "number", { type: "integer", minimum: 0 })];
    case "date":
      return [question("date", "date", { type: "string", format: "date" })];
    case "yesNo":
      return [question("radio", "yesNo", { type: "string", enum: ["yes", "no"] }, { options: yesNo })];
    case "choice":
      return [question("radio", "choice", { type: "string", enum: ["a", "b"] }, { options: twoOptions() })];
    case "choices":
      return [
        question(
          "checkboxes",
          "choices",
          { type: "array", items: { type: "string", enum: ["a", "b"] }, minItems: 1, uniqueItems: true },
          { options: twoOptions() },
        ),
      ];
    case "email":
      return [
        question(
          "email",
          "email",
          { type: "string", minLength: 1, maxLength: 254, format: "email" },
          {
            autocomplete: "email",
          },
        ),
      ];
    case "phone":
      return [
        question(
          "phone",
          "phone",
          { type: "string", minLength: 1, maxLength: 40, format: "phone" },
          {
            autocomplete: "tel",
            width: "medium",
          },
        ),
      ];
    case "iban":
      return [question("iban", "iban", { type: "string", format: "iban" })];
    case "money":
      return [question("money", "amount", { type: "integer", minimum: 0, maximum: 100_000_000 })];
    case "file":
      return [
        question(
          "file",
          "file",
          { type: "string", format: "uuid" },
          {
            accept: ["application/pdf", "image/jpeg", "image/png"],
          },
        ),
      ];
    case "group":
      return [
        question(
          "group",
          "group",
          {
            type: "array",
            minItems: 1,
            maxItems: 10,
            items: { type: "object", properties: {}, required: [], additionalProperties: false },
          },
          { fields: [] },
        ),
      ];
    case "declaration":
      return [question("declaration", "declaration", { type: "boolean", const: true })];
    case "calculation": // nobody answers it
      return [
        {
          ...question(
            "calculation",
            "calculation",
            { type: "integer" },
            {
              calculation: { unit: "cents", terms: [{ amount: 0 }] },
            },
          ),
          required: false,
        },
      ];
    case "person":
      return [
        known("givenName", label("Vorname", "First name"), text(100), { autocomplete: "given-name" }),
        known("familyName", label("Nachname", "Last name"), text(100), { autocomplete: "family-name" }),
        known(
          "birthDate",
          label("Geburtsdatum", "Date of birth"),
          { type: "string", format: "date" },
          {
            kind: "date",
            autocomplete: "bday",
            latest: "today",
          },
        ),
      ];
    case "address":
      return [
        known("street", label("Straße", "Street"), text(100), { autocomplete: "address-line1" }),
        known("houseNumber", label("Hausnummer", "House number"), text(20), { width: "short" }),
        known(
          "postalCode",
          label("Postleitzahl", "Postcode"),
          { ...text(5), pattern: "^[0-9]{5}$" },
          {
            autocomplete: "postal-code",
            width: "short",
          },
        ),
        known("city", label("Ort", "Town"), text(100), { autocomplete: "address-level2", width: "medium" }),
      ];
    case "account":
      return [
        known("accountHolder", label("Kontoinhaberin oder Kontoinhaber", "Account holder"), text(140), {
          autocomplete: "name",
        }),
        known("iban", label("IBAN", "IBAN"), { type: "string", format: "iban" }, { kind: "iban" }),
      ];
    case "mandate": // the creditor's name and identifier are its own to fill in
      return [
        ...additions("account"),
        question(
          "declaration",
          "mandate",
          { type: "boolean", const: true },
          {
            label: label(
              "Ich ermächtige [Name der Behörde] (Gläubiger-ID [Kennung]), fällige Beträge durch Lastschrift von diesem Konto einzuziehen, und weise meine Bank an, diese Lastschriften einzulösen. Acht Wochen lang nach einer Abbuchung kann ich von meiner Bank verlangen, dass sie den Betrag erstattet; es gilt, was ich mit ihr vereinbart habe.",
              "I authorise [name of the authority] (creditor identifier [identifier]) to collect amounts that are due from this account by direct debit, and instruct my bank to honour these debits. For eight weeks after a debit I can ask my bank to refund it, under the terms that I have agreed with the bank.",
            ),
          },
        ),
      ];
  }
}

function twoOptions() {
  return [
    { value: "a", label: { de: "" } },
    { value: "b", label: { de: "" } },
  ];
}

/** The kind under which a question is shown to who builds the form. */
export function shownKind({ kind, options }: FieldLayout): QuestionKind {
  switch (kind) {
    case "radio":
      return options?.map(({ value }) => value).join() === "yes,no" ? "yesNo" : "choice";
    case "select":
    case "combobox":
      return "choice";
    case "checkboxes":
      return "choices";
    default:
      return kind;
  }
}

/** How one of several is asked: all at once, or in a list when they are many. A list that is searched stays one. */
export function choiceKind(kind: FieldLayout["kind"], count: number): FieldLayout["kind"] {
  if (kind !== "radio" && kind !== "select") return kind;
  return count > fewChoices ? "select" : "radio";
}

/** A value for a new choice, which no other has. */
export function freeValue(taken: string[]): string {
  for (let code = 97; code <= 122; code += 1) {
    const value = String.fromCodePoint(code);
    if (!taken.includes(value)) return value;
  }
  let number = 1;
  while (taken.includes(`o${number}`)) number += 1;
  return `o${number}`;
}
