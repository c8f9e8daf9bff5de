import type { Answers, FormLayout, Json } from "./definition";
import { pointer, readAt } from "./pointers";

/**
 * What the account can fill in: an answer for each question that names a part of the profile, is outside of groups, and has
 * not been answered yet.
 */
export function prefillValues(
  layout: FormLayout,
  answers: Answers,
  profile: Partial<Record<string, string>>,
): Map<string, Json> {
  const values = new Map<string, Json>();
  for (const step of layout.steps) {
    for (const field of step.fields) {
      const value = field.profile === undefined ? undefined : profile[field.profile];
      const path = pointer(step.id, field.name);
      const given = readAt(answers, path);
      if (value !== undefined && value !== "" && (given === undefined || given === ""))
        values.set(path, value);
    }
  }
  return values;
}

/** Whether any question of the form can be filled in from the account. */
export function asksForProfile(layout: FormLayout): boolean {
  return layout.steps.some((step) => step.fields.some((field) => field.profile !== undefined));
}

/** Whether nothing has been answered: no text, number or tick anywhere. */
export function isBlank(value: Json): boolean {
  if (Array.isArray(value)) return value.every(isBlank);
  if (typeof value === "object" && value !== null) return Object.values(value).every(isBlank);
  return value === null || value === "";
}
