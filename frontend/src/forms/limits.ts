import { isDate, shiftDay, todayInGermany } from "../lib/dates";
import type { Answers, FieldLayout, FormLayout, Json } from "./definition";
import { isValues, lookUp, type Values } from "./lookup";
import { pointer } from "./pointers";

const relativeDay = /^today(?:([+-])(\d{1,4})([dwmy]))?$/;

/** Whether a limit is written as a day, or as a distance from today. */
export function isDayLimit(limit: string): boolean {
  return isDate(limit) || relativeDay.test(limit);
}

/** The number of a day since 1970, for counting days; undefined for what is no date. */
export function dayNumber(value: Json | undefined): number | undefined {
  return typeof value === "string" && isDate(value)
    ? Date.parse(`${value}T00:00:00Z`) / 86_400_000
    : undefined;
}

/** The day that a limit stands for, as ISO 8601; undefined when it looks at a date that is not there. */
function limitDay(limit: string, today: string, siblings: Values, answers: Answers): string | undefined {
  const match = relativeDay.exec(limit);
  if (match) {
    const distance = Number(match[2] ?? 0) * (match[1] === "-" ? -1 : 1);
    return shiftDay(today, distance, (match[3] ?? "d") as "d" | "w" | "m" | "y");
  }
  if (isDate(limit)) return limit;
  const other = lookUp(limit, siblings, answers);
  return typeof other === "string" && isDate(other) ? other : undefined;
}

/** A date outside of its limits. */
interface LimitError {
  pointer: string;
  code: "earliest" | "latest";
  params: { limit: string };
}

/** Finds the dates outside of their limits; the same as on the server. `today` is ISO 8601. */
export function dateErrors(layout: FormLayout, answers: Answers, today = todayInGermany()): LimitError[] {
  return layout.steps.flatMap((step) => {
    const values = answers[step.id];
    return isValues(values) ? errorsOf(step.fields, pointer(step.id), values, answers, today) : [];
  });
}

function errorsOf(
  fields: FieldLayout[],
  parent: string,
  values: Values,
  answers: Answers,
  today: string,
): LimitError[] {
  return fields.flatMap((field): LimitError[] => {
    const here = parent + pointer(field.name);
    const value = values[field.name];
    if (field.fields && Array.isArray(value)) {
      const inner = field.fields;
      return value.flatMap((item, index) =>
        isValues(item) ? errorsOf(inner, here + pointer(index), item, answers, today) : [],
      );
    }
    if (field.kind !== "date" || typeof value !== "string" || !isDate(value)) return [];
    const earliest = field.earliest && limitDay(field.earliest, today, values, answers);
    const latest = field.latest && limitDay(field.latest, today, values, answers);
    return [
      ...(earliest && value < earliest
        ? [{ pointer: here, code: "earliest" as const, params: { limit: earliest } }]
        : []),
      ...(latest && value > latest
        ? [{ pointer: here, code: "latest" as const, params: { limit: latest } }]
        : []),
    ];
  });
}
