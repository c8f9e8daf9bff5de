import { calculate } from "./calculation";
import type { Answers, FieldLayout, FormLayout, Json } from "./definition";
import { normalIban } from "./formats";
import { isShown, isValues, type Values } from "./lookup";

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
 * What counts of the answers, on both sides: those of fields that are not shown are dropped, IBANs are in their electronic
 * form, and what is calculated is calculated anew.
 */
export function prepare(layout: FormLayout, answers: Answers): Answers {
  const shown = dropHidden(layout, answers);
  const normal: Answers = { ...shown };
  for (const step of layout.steps) {
    const values = shown[step.id];
    if (isValues(values)) normal[step.id] = withNormalIbans(step.fields, values);
  }
  return calculate(layout, normal);
}

function withNormalIbans(fields: FieldLayout[], values: Values): Values {
  const kept: Values = { ...values };
  for (const field of fields) {
    const value = values[field.name];
    if (field.kind === "iban" && typeof value === "string") kept[field.name] = normalIban(value);
    if (!field.fields || !Array.isArray(value)) continue;
    const inner = field.fields;
    kept[field.name] = value.map((item) => (isValues(item) ? withNormalIbans(inner, item) : item));
  }
  return kept;
}

/**
 * What is sent and checked: what counts of the answers, empty ones (a cleared text, an empty list) left out as not given, texts
 * without spaces around them, and every step present, so that a missing answer is reported at its field.
 */
export function answersToSend(layout: FormLayout, answers: Answers): Answers {
  const sent: Answers = {};
  for (const step of layout.steps) {
    const values = answers[step.id];
    sent[step.id] = isValues(values) ? withoutEmpty(values) : {};
  }
  return prepare(layout, sent);
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
