import type { Say } from "../i18n";
import { dropHidden } from "./conditions";
import {
  localText,
  type Answers,
  type FieldLayout,
  type FormDefinition,
  type FormLayout,
  type StepLayout,
} from "./definition";
import { fieldAt, shownFields, type PlacedField } from "./layout";
import { isWithin, pointer, pointerParts, readAt } from "./pointers";

/** What the item of a group is called that a pointer leads into; undefined for a question that is in none. */
export function itemName(layout: FormLayout, path: string, language: string, t: Say): string | undefined {
  const parts = pointerParts(path);
  const group = fieldAt(layout, pointer(...parts.slice(0, 2)))?.layout;
  if (group?.kind !== "group" || parts.length < 4) return undefined;
  return t("forms:item", {
    label: localText(group.itemLabel ?? group.label, language),
    number: Number(parts[2]) + 1,
  });
}

/** What a field is called where it stands alone: with the item of a group that it belongs to. */
export function fieldName(layout: FormLayout, path: string, language: string, t: Say): string {
  const field = fieldAt(layout, path);
  if (!field) return path;
  const label = localText(field.layout.label, language);
  const item = itemName(layout, path, language, t);
  return item === undefined ? label : t("forms:ofItem", { item, label });
}

/** The questions that can be asked again by step, as they were asked: no files, and nothing that is calculated. */
export function askableFields(
  layout: FormLayout,
  answers: Answers,
): { step: StepLayout; fields: PlacedField[] }[] {
  const shown = dropHidden(layout, answers);
  return layout.steps
    .map((step) => ({ step, fields: inside(step.fields, pointer(step.id), shown) }))
    .filter(({ fields }) => fields.length > 0);
}

function inside(fields: FieldLayout[], parent: string, answers: Answers): PlacedField[] {
  return shownFields(fields, parent, answers).flatMap((field): PlacedField[] => {
    const { kind } = field.layout;
    if (kind === "file" || kind === "calculation") return [];
    if (kind !== "group") return [field];
    const items = readAt(answers, field.pointer);
    return (Array.isArray(items) ? items : []).flatMap((_, index) =>
      inside(field.layout.fields ?? [], field.pointer + pointer(index), answers),
    );
  });
}

/**
 * A form of which only some questions are asked, whatever the answers beside them are: these may not be known here any more. A question that is
 * hidden by what is known is shown; one that is shown follows the answers as it always does.
 */
export function onlyAsked(
  { schema, layout }: FormDefinition,
  pointers: readonly string[],
  answers: Answers,
): FormDefinition {
  const steps = layout.steps.map((step) => ({
    ...step,
    fields: unhidden(step.fields, [pointer(step.id)], pointers, answers),
  }));
  return { schema, layout: { steps } };
}

/** Questions of an object, or of the items of a group; `parents` are the pointers of these. */
function unhidden(
  fields: FieldLayout[],
  parents: readonly string[],
  asked: readonly string[],
  answers: Answers,
): FieldLayout[] {
  return fields.map((field): FieldLayout => {
    const here = (parent: string) => parent + pointer(field.name);
    const places = parents.filter((parent) => asked.some((path) => isWithin(path, here(parent))));
    if (places.length === 0) return field;
    const { showWhen, fields: inner, ...rest } = field;
    const shown = places.every((parent) =>
      shownFields([field], parent, answers).some(({ layout }) => layout === field),
    );
    const items = places.flatMap((parent) =>
      asked
        .filter((path) => path.startsWith(`${here(parent)}/`))
        .map((path) => here(parent) + pointer(pointerParts(path.slice(here(parent).length))[0] ?? "")),
    );
    return {
      ...rest,
      ...(showWhen && shown && { showWhen }),
      ...(inner && { fields: unhidden(inner, [...new Set(items)], asked, answers) }),
    };
  });
}
