import type { Answers, FieldLayout, FormLayout, Json, StepLayout } from "./definition";
import { isShown } from "./lookup";
import { pointer, pointerParts, readAt } from "./pointers";

/** A question as it stands in a form right now: its layout and where its answer is. */
export interface PlacedField {
  layout: FieldLayout;
  pointer: string;
}

function asObject(value: Json | undefined): { [name: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}

/** The questions of an object (a step, an item of a group) that are asked with these answers. */
export function shownFields(fields: FieldLayout[], parent: string, answers: Answers): PlacedField[] {
  const siblings = asObject(readAt(answers, parent));
  return fields
    .filter((field) => isShown(field.showWhen, siblings, answers))
    .map((layout) => ({ layout, pointer: parent + pointer(layout.name) }));
}

/** Finds the question that a pointer belongs to; the pointer may lead into its value (a file of several). */
export function fieldAt(layout: FormLayout, path: string): PlacedField | undefined {
  const [stepId, ...rest] = pointerParts(path);
  const step = layout.steps.find((candidate) => candidate.id === stepId);
  return step && descend(step.fields, pointer(step.id), rest);
}

function descend(fields: FieldLayout[], parent: string, parts: string[]): PlacedField | undefined {
  const [name, index, ...rest] = parts;
  const layout = fields.find((field) => field.name === name);
  if (!layout) return undefined;
  const here = parent + pointer(layout.name);
  if (layout.kind === "group" && index !== undefined && rest.length > 0) {
    return descend(layout.fields ?? [], here + pointer(index), rest);
  }
  return { layout, pointer: here };
}

/** The step with this id, else the first. */
export function stepOf(layout: FormLayout, id: string | undefined): StepLayout | undefined {
  return layout.steps.find((step) => step.id === id) ?? layout.steps[0];
}
