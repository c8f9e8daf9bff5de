import type { Answers, FieldLayout, FormLayout, Json, ShowWhen } from "./definition";

type Values = { [name: string]: Json };

function isValues(value: Json | undefined): value is Values {
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

function lookUp(name: string, siblings: Values, answers: Answers): Json | undefined {
  const dot = name.indexOf(".");
  if (dot < 0) return siblings[name];
  const step = answers[name.slice(0, dot)];
  return isValues(step) ? step[name.slice(dot + 1)] : undefined;
}

/**
 * Drops the answers of fields that are not shown, as both sides do before they validate. An answer that is dropped may hide
 * another field, so it repeats until nothing changes.
 */
export function dropHidden(layout: FormLayout, answers: Answers): Answers {
  let current = answers;
  for (;;) {
    const next = dropOnce(layout, current);
    if (next === current) return current;
    current = next;
  }
}

function dropOnce(layout: FormLayout, answers: Answers): Answers {
  let changed = false;
  const next: Answers = { ...answers };
  for (const step of layout.steps) {
    const values = answers[step.id];
    if (!isValues(values)) continue;
    const kept = dropFrom(step.fields, values, answers);
    if (kept !== values) {
      next[step.id] = kept;
      changed = true;
    }
  }
  return changed ? next : answers;
}

function dropFrom(fields: FieldLayout[], values: Values, answers: Answers): Values {
  const kept: Values = { ...values };
  let changed = false;
  for (const field of fields) {
    const value = values[field.name];
    if (value === undefined) continue;
    if (!isShown(field.showWhen, values, answers)) {
      delete kept[field.name];
      changed = true;
    } else if (field.kind === "group" && Array.isArray(value)) {
      const items = value.map((item) =>
        isValues(item) ? dropFrom(field.fields ?? [], item, answers) : item,
      );
      if (items.every((item, index) => item === value[index])) continue;
      kept[field.name] = items;
      changed = true;
    }
  }
  return changed ? kept : values;
}

/**
 * What is sent and checked: hidden answers dropped, empty ones (a cleared text, an empty list) left out as not given, texts
 * without spaces around them, and every step present, so that a missing answer is reported at its field.
 */
export function answersToSend(layout: FormLayout, answers: Answers): Answers {
  const sent: Answers = {};
  for (const step of layout.steps) {
    const values = answers[step.id];
    sent[step.id] = isValues(values) ? withoutEmpty(values) : {};
  }
  return dropHidden(layout, sent);
}

function withoutEmpty(values: Values): Values {
  const kept: Values = {};
  for (const [name, value] of Object.entries(values)) {
    const cleaned = clean(value);
    if (cleaned !== undefined) kept[name] = cleaned;
  }
  return kept;
}

function clean(value: Json): Json | undefined {
  if (typeof value === "string") return value.trim() || undefined;
  if (value === null) return undefined;
  if (Array.isArray(value)) {
    if (value.length === 0) return undefined;
    return value.map((item) => (isValues(item) ? withoutEmpty(item) : item));
  }
  return value;
}
