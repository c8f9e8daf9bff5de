import type { Answers, FieldLayout, FormLayout, Json } from "./definition";
import { pointer, readAt } from "./pointers";

/** A person's data by item, as the account gives them: texts, and lists of children and vehicles. */
export type ProfileValues = Readonly<Record<string, unknown>>;

/** What an item of the profile is to a question; undefined when there is nothing that fits. */
function valueFor(field: FieldLayout, profile: ProfileValues): Json | undefined {
  const value = field.profile === undefined ? undefined : profile[field.profile];
  if (typeof value === "string") return value === "" ? undefined : value;
  if (!Array.isArray(value)) return undefined;
  const list = value as Record<string, string | undefined>[];
  if (field.kind === "group") {
    const items = list.map((entry) =>
      Object.fromEntries(
        (field.fields ?? []).flatMap((inner) => {
          const part =
            inner.profile === undefined
              ? undefined
              : inner.profile === "vehicles"
                ? entry["plate"]
                : entry[inner.profile];
          return part === undefined ? [] : [[inner.name, part]];
        }),
      ),
    );
    return items.length > 0 ? items : undefined;
  }
  // One question about a vehicle is answered by the only one there is; which of several is for the person to say.
  return field.profile === "vehicles" && list.length === 1 ? list[0]?.["plate"] : undefined;
}

/** Whether a question has not been answered: a group is unanswered as long as nothing stands in it. */
const unanswered = (given: Json | undefined) => given === undefined || isBlank(given);

/** A question that names an item of the profile, and where its answer stands. */
interface ProfileField {
  path: string;
  item: string;
  field: FieldLayout;
}

function profileFields(layout: FormLayout): ProfileField[] {
  return layout.steps.flatMap((step) =>
    step.fields.flatMap((field) =>
      field.profile === undefined ? [] : [{ path: pointer(step.id, field.name), item: field.profile, field }],
    ),
  );
}

/**
 * What the account can fill in: an answer for each question that names an item of the profile and has not been answered
 * yet.
 */
export function prefillValues(
  layout: FormLayout,
  answers: Answers,
  profile: ProfileValues,
): Map<string, Json> {
  const values = new Map<string, Json>();
  for (const { path, field } of profileFields(layout)) {
    const value = valueFor(field, profile);
    if (value !== undefined && unanswered(readAt(answers, path))) values.set(path, value);
  }
  return values;
}

/** Which item of the profile each question asks for, by where its answer stands. */
export function itemsByPath(layout: FormLayout): Map<string, string> {
  return new Map(profileFields(layout).map(({ path, item }) => [path, item]));
}

/** Answers that the profile does not have, or has otherwise: text by item. Lists and the mail address are not among them. */
export function newAnswers(
  layout: FormLayout,
  answers: Answers,
  profile: ProfileValues,
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { path, item, field } of profileFields(layout)) {
    const given = readAt(answers, path);
    if (field.kind === "group" || item === "email" || item === "vehicles" || typeof given !== "string")
      continue;
    const text = given.trim();
    if (text !== "" && text !== profile[item]) found[item] = text;
  }
  return found;
}

/** Whether any question of the form can be filled in from the account. */
export function asksForProfile(layout: FormLayout): boolean {
  return profileFields(layout).length > 0;
}

/** Whether nothing has been answered: no text, number or tick anywhere. */
export function isBlank(value: Json): boolean {
  if (Array.isArray(value)) return value.every(isBlank);
  if (typeof value === "object" && value !== null) return Object.values(value).every(isBlank);
  return value === null || value === "";
}
