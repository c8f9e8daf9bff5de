import type { Answers, Json, ShowWhen } from "./definition";

/** The answers of one object: a step, or an item of a group. */
export type Values = { [name: string]: Json };

export function isValues(value: Json | undefined): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Whether a field is asked. `siblings` is the object that the field's own answer lives in: the step, or one item of a group.
 * A name with a dot (`step.field`) looks into another step.
 */
export function isShown(condition: ShowWhen | undefined, siblings: Values, answers: Answers): boolean {
  if (!condition) return true;
  const value = lookUp(condition.field, siblings, answers);
  if (condition.in) return condition.in.some((wanted) => wanted === value);
  return value !== undefined && value === condition.equals;
}

/** The answer that a name means: of siblings, or of another step as `step.field`. */
export function lookUp(name: string, siblings: Values, answers: Answers): Json | undefined {
  const dot = name.indexOf(".");
  if (dot < 0) return siblings[name];
  const step = answers[name.slice(0, dot)];
  return isValues(step) ? step[name.slice(dot + 1)] : undefined;
}
