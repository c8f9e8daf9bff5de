import type { Say } from "../i18n";
import { formatDate } from "../lib/dates";
import { formatMoney } from "../lib/money";
import { localText, type FieldKind, type FormLayout } from "./definition";
import { fieldAt } from "./layout";
import { fieldId } from "./pointers";
import { errorCodes, type FormError } from "./validation";

/** What a person does to answer: decides between "fill in", "choose", "upload" and "confirm". */
const act: Record<FieldKind, "write" | "choose" | "date" | "upload" | "confirm" | "add"> = {
  text: "write",
  textarea: "write",
  email: "write",
  phone: "write",
  iban: "write",
  number: "write",
  money: "write",
  date: "date",
  radio: "choose",
  select: "choose",
  combobox: "choose",
  checkboxes: "choose",
  declaration: "confirm",
  file: "upload",
  group: "add",
  calculation: "write",
};

/** Says an error in words, with the question's own name. */
export function errorMessage(error: FormError, layout: FormLayout, language: string, t: Say): string {
  const field = fieldAt(layout, error.pointer)?.layout;
  if (!field) return t("forms:errors.unknown");
  const label = localText(field.label, language);
  const limit = limitText(error, field.kind, language);
  const how = act[field.kind];
  switch (error.code) {
    case "required":
    case "const":
      return t(`forms:errors.required.${how}`, { label });
    case "enum":
      return t("forms:errors.required.choose", { label });
    case "minItems":
      if (limit === 1) return t(`forms:errors.required.${how}`, { label });
      return t("forms:errors.minItems", { label, limit });
    case "minLength":
      if (limit === 1) return t(`forms:errors.required.${how}`, { label });
      return t("forms:errors.minLength", { label, limit });
    case "format":
      if (limit === "date") return t("forms:errors.date", { label });
      if (limit === "email" || limit === "iban" || limit === "phone")
        return t(`forms:errors.${limit}`, { label });
      return t("forms:errors.required.upload", { label });
    case "type":
      if (field.kind === "number" || field.kind === "money")
        return t(`forms:errors.${field.kind}`, { label });
      return t("forms:errors.pattern", { label });
    case "additionalProperties":
      return t("forms:errors.unknown");
    default:
      return t(`forms:errors.${error.code}`, { label, limit });
  }
}

/** The limit as it is read: dates and amounts written out. */
function limitText(
  { code, params }: FormError,
  kind: FieldKind,
  language: string,
): string | number | undefined {
  const limit = params["limit"];
  if (code === "earliest" || code === "latest") return formatDate(String(limit), language);
  if (kind === "money" && typeof limit === "number") return formatMoney(limit, "EUR", language);
  return limit;
}

/** Errors as the summary shows them: in the order of the questions, for each the one that stands at it. */
export function summarize(errors: FormError[], layout: FormLayout, language: string, t: Say) {
  const entries = errors.map((error) => ({
    fieldId: fieldId(fieldAt(layout, error.pointer)?.pointer ?? error.pointer),
    message: errorMessage(error, layout, language, t),
  }));
  return entries.filter(
    ({ fieldId: id }, index) => entries.findIndex((first) => first.fieldId === id) === index,
  );
}

/** Errors of the portal as the form shows them; unknown codes say that the spelling is to be checked. */
export function toFormErrors(
  errors: { pointer: string; code: string; params?: Record<string, unknown> }[],
): FormError[] {
  return errors
    .filter((error) => error.pointer.startsWith("/"))
    .map((error): FormError => {
      const limit = error.params?.["limit"];
      return {
        pointer: error.pointer,
        code: errorCodes.find((code) => code === error.code) ?? "pattern",
        params: { ...((typeof limit === "string" || typeof limit === "number") && { limit }) },
      };
    });
}
