import type { FieldLayout, FormSchema, LocalText, ShowWhen, StepLayout } from "../../../forms/definition";
import type { FormContent } from "./api";

/**
 * Changes of a form that is being built: pure functions from one content to the next, which keep schema and layout together. A
 * place is named by names, not positions, so that it stays the same while questions are moved: [step], [step, question] or
 * [step, group, question].
 */
export type Place = readonly string[];

/** A question with what judges it. */
export interface Question {
  field: FieldLayout;
  schema: FormSchema;
  required: boolean;
}

/** The definition that a reference leads to, in place of it: a change must not reach other questions. */
function resolved(root: FormSchema, schema: FormSchema | undefined): FormSchema {
  if (schema?.$ref === undefined) return schema ?? {};
  return root.$defs?.[schema.$ref.replace("#/$defs/", "")] ?? {};
}

/** What holds the properties of a place: the root, a step, or the items of a group. */
function holder(root: FormSchema, place: Place): FormSchema {
  let schema = root;
  for (const name of place) {
    schema = resolved(root, schema.properties?.[name]);
    if (schema.type === "array") schema = resolved(root, schema.items);
  }
  return schema;
}

function changeHolder(
  root: FormSchema,
  schema: FormSchema,
  place: Place,
  change: (schema: FormSchema) => FormSchema,
): FormSchema {
  const [name, ...rest] = place;
  if (name === undefined) return change(schema);
  const child = resolved(root, schema.properties?.[name]);
  const next =
    child.type === "array"
      ? { ...child, items: changeHolder(root, resolved(root, child.items), rest, change) }
      : changeHolder(root, child, rest, change);
  return { ...schema, properties: { ...schema.properties, [name]: next } };
}

const withHolder = (
  content: FormContent,
  place: Place,
  change: (schema: FormSchema) => FormSchema,
): FormContent => ({
  ...content,
  schema: changeHolder(content.schema, content.schema, place, change),
});

/** The questions of a step or group. */
export function fieldsOf(content: FormContent, place: Place): FieldLayout[] {
  const [stepId, ...groups] = place;
  let fields = content.layout.steps.find(({ id }) => id === stepId)?.fields ?? [];
  for (const name of groups) fields = fields.find((field) => field.name === name)?.fields ?? [];
  return fields;
}

function withFields(
  content: FormContent,
  place: Place,
  change: (fields: FieldLayout[]) => FieldLayout[],
): FormContent {
  const [stepId, ...groups] = place;
  const inner = (fields: FieldLayout[], names: readonly string[]): FieldLayout[] => {
    const [name, ...rest] = names;
    if (name === undefined) return change(fields);
    return fields.map((field) =>
      field.name === name ? { ...field, fields: inner(field.fields ?? [], rest) } : field,
    );
  };
  return withSteps(content, (steps) =>
    steps.map((step) => (step.id === stepId ? { ...step, fields: inner(step.fields, groups) } : step)),
  );
}

const withSteps = (content: FormContent, change: (steps: StepLayout[]) => StepLayout[]): FormContent => ({
  ...content,
  layout: { ...content.layout, steps: change(content.layout.steps) },
});

export const parentOf = (place: Place): Place => place.slice(0, -1);
const nameOf = (place: Place): string => place.at(-1) ?? "";

export const stepAt = (content: FormContent, place: Place): StepLayout | undefined =>
  content.layout.steps.find(({ id }) => id === place[0]);

export function fieldAt(content: FormContent, place: Place): FieldLayout | undefined {
  return place.length < 2
    ? undefined
    : fieldsOf(content, parentOf(place)).find(({ name }) => name === nameOf(place));
}

/** What judges the answer to a question. */
export function schemaOf(content: FormContent, place: Place): FormSchema {
  return resolved(content.schema, holder(content.schema, parentOf(place)).properties?.[nameOf(place)]);
}

/** A name that is not taken: the wish, else with a number. */
function freeName(wish: string, taken: (name: string) => boolean): string {
  if (!taken(wish)) return wish;
  let number = 2;
  while (taken(`${wish}${number}`)) number += 1;
  return `${wish}${number}`;
}

/** Adds a step at the end. */
export function addStep(content: FormContent, title: LocalText): [FormContent, Place] {
  const id = freeName("step", (name) => content.schema.properties?.[name] !== undefined);
  const next = withHolder(content, [], (root) => ({
    ...root,
    properties: {
      ...root.properties,
      [id]: { type: "object", properties: {}, required: [], additionalProperties: false },
    },
    required: [...(root.required ?? []), id],
  }));
  return [withSteps(next, (steps) => [...steps, { id, title, fields: [] }]), [id]];
}

/** Adds questions to a step or group: behind one of its questions, else at the end. Their names are made unique. */
export function addQuestions(
  content: FormContent,
  parent: Place,
  questions: Question[],
  behind?: string,
): [FormContent, Place] {
  let next = content;
  let after = behind;
  let first: string | undefined;
  for (const question of questions) {
    const fields = fieldsOf(next, parent);
    const properties = holder(next.schema, parent).properties ?? {};
    const name = freeName(
      question.field.name,
      (wish) => properties[wish] !== undefined || fields.some((field) => field.name === wish),
    );
    const index = after === undefined ? -1 : fields.findIndex((field) => field.name === after);
    next = insertQuestion(
      next,
      parent,
      { ...question, field: { ...question.field, name } },
      index < 0 ? fields.length : index + 1,
    );
    after = name;
    first ??= name;
  }
  return [next, first === undefined ? parent : [...parent, first]];
}

function insertQuestion(content: FormContent, parent: Place, question: Question, index: number): FormContent {
  const { field, schema, required } = question;
  const next = withHolder(content, parent, (holding) => ({
    ...holding,
    properties: { ...holding.properties, [field.name]: schema },
  }));
  const shown = withFields(next, parent, (fields) => fields.toSpliced(index, 0, field));
  return setRequired(shown, [...parent, field.name], required);
}

/** Takes a step or question out; the function that comes with it puts it back into whatever the form has become. */
export function remove(
  content: FormContent,
  place: Place,
): [FormContent, (later: FormContent) => FormContent] {
  const { fee, ...layout } = content.layout;
  const costs = fee !== undefined && (fee === pointerTo(place) || fee.startsWith(`${pointerTo(place)}/`));
  if (!costs) return removeAlone(content, place);
  const [next, putBack] = removeAlone({ ...content, layout }, place);
  return [
    next,
    (later) => {
      const back = putBack(later);
      return back.layout.fee === undefined ? { ...back, layout: { ...back.layout, fee } } : back;
    },
  ];
}

/** The JSON Pointer to a place among the answers. */
export const pointerTo = (place: Place): string => `/${place.join("/")}`;

function removeAlone(content: FormContent, place: Place): [FormContent, (later: FormContent) => FormContent] {
  const name = nameOf(place);
  const parent = parentOf(place);
  const schema = schemaOf(content, place);
  const required = isRequired(content, place);
  const without = withHolder(setRequired(content, place, false), parent, (holding) => {
    const { [name]: _, ...properties } = holding.properties ?? {};
    return { ...holding, properties };
  });
  if (place.length === 1) {
    const index = content.layout.steps.findIndex(({ id }) => id === name);
    const step = content.layout.steps[index];
    return [
      withSteps(without, (steps) => steps.filter(({ id }) => id !== name)),
      (later) => {
        if (!step || stepAt(later, place)) return later;
        const back = withHolder(later, [], (root) => ({
          ...root,
          properties: { ...root.properties, [name]: schema },
        }));
        return setRequired(
          withSteps(back, (steps) => steps.toSpliced(index, 0, step)),
          place,
          required,
        );
      },
    ];
  }
  const fields = fieldsOf(content, parent);
  const index = fields.findIndex((field) => field.name === name);
  const field = fields[index];
  return [
    withFields(without, parent, (list) => list.filter((candidate) => candidate.name !== name)),
    (later) =>
      field && !fieldAt(later, place)
        ? insertQuestion(later, parent, { field, schema, required }, index)
        : later,
  ];
}

function swapped<T>(list: T[], index: number, by: number): T[] {
  const item = list[index];
  const other = list[index + by];
  return item === undefined || other === undefined ? list : list.with(index, other).with(index + by, item);
}

/** Moves a step or question one place up (-1) or down (1). */
export function move(content: FormContent, place: Place, by: -1 | 1): FormContent {
  if (place.length === 1)
    return withSteps(content, (steps) =>
      swapped(
        steps,
        steps.findIndex(({ id }) => id === place[0]),
        by,
      ),
    );
  return withFields(content, parentOf(place), (fields) =>
    swapped(
      fields,
      fields.findIndex(({ name }) => name === nameOf(place)),
      by,
    ),
  );
}

/** Where a step or question stands among its siblings, and how many there are. */
export function position(content: FormContent, place: Place): { index: number; count: number } {
  if (place.length === 1) {
    const { steps } = content.layout;
    return { index: steps.findIndex(({ id }) => id === place[0]), count: steps.length };
  }
  const fields = fieldsOf(content, parentOf(place));
  return { index: fields.findIndex(({ name }) => name === nameOf(place)), count: fields.length };
}

/** Leaves out what is undefined: JSON knows no such value, and an empty text is none. */
export function tidy<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as T;
}

export type Change<T> = { [Key in keyof T]?: T[Key] | undefined };

export const setStep = (content: FormContent, place: Place, change: Change<StepLayout>): FormContent =>
  withSteps(content, (steps) =>
    steps.map((step) => (step.id === place[0] ? (tidy({ ...step, ...change }) as StepLayout) : step)),
  );

/** Changes how a question is asked. */
export function setField(content: FormContent, place: Place, change: Change<FieldLayout>): FormContent {
  const next = withFields(content, parentOf(place), (fields) =>
    fields.map((field) =>
      field.name === nameOf(place) ? (tidy({ ...field, ...change }) as FieldLayout) : field,
    ),
  );
  // What is required follows from the schema, which says so with or without a condition.
  return "showWhen" in change ? setRequired(next, place, isRequired(content, place)) : next;
}

/** Changes what judges a question. */
export function setRules(content: FormContent, place: Place, change: Change<FormSchema>): FormContent {
  const schema = tidy({ ...schemaOf(content, place), ...change }) as FormSchema;
  return withHolder(content, parentOf(place), (holding) => ({
    ...holding,
    properties: { ...holding.properties, [nameOf(place)]: schema },
  }));
}

const demands = (schema: FormSchema, name: string): boolean =>
  schema.required?.includes(name) === true ||
  (schema.then !== undefined && demands(schema.then, name)) ||
  (schema.allOf?.some((part) => demands(part, name)) ?? false);

/** Whether a question must be answered: always, or whenever it is shown. */
export const isRequired = (content: FormContent, place: Place): boolean =>
  demands(holder(content.schema, parentOf(place)), nameOf(place));

/** Says that a question must be answered, under the condition under which it is shown. */
export function setRequired(content: FormContent, place: Place, required: boolean): FormContent {
  const name = nameOf(place);
  const condition = fieldAt(content, place)?.showWhen;
  return withHolder(content, parentOf(place), (holding) => {
    const free = undemanded(holding, name);
    if (!required) return free;
    if (!condition) return { ...free, required: [...(free.required ?? []), name] };
    if (condition.field.includes(".")) return free; // the schema of a step cannot see another step
    return { ...free, allOf: [...(free.allOf ?? []), { if: asked(condition), then: { required: [name] } }] };
  });
}

function asked({ field, equals, in: several }: ShowWhen): FormSchema {
  const wanted: FormSchema = several ? { enum: several } : { const: equals ?? "" };
  return { properties: { [field]: wanted }, required: [field] };
}

/** A schema without the demand for an answer. */
function undemanded(schema: FormSchema, name: string): FormSchema {
  const next = { ...schema };
  if (next.required) next.required = next.required.filter((other) => other !== name);
  if (next.then?.required) next.then = undemanded(next.then, name);
  if (next.allOf) {
    const parts = next.allOf
      .map((part) => (demands(part, name) ? undemanded(part, name) : part))
      .filter(
        (part) => !(part.then && Object.keys(part.then).length === 1 && part.then.required?.length === 0),
      );
    if (parts.length > 0) next.allOf = parts;
    else delete next.allOf;
  }
  return next;
}

/** The place that a finding is about, by the names in its pointer into the content; the form itself when it is about no part of it. */
export function placeOf(content: FormContent, pointer: string): Place {
  const parts = pointer.split("/").slice(1);
  if (parts[0] === "layout" && parts[1] === "steps") {
    const step = content.layout.steps[Number(parts[2])];
    if (!step) return [];
    const place = [step.id];
    let fields: FieldLayout[] | undefined = step.fields;
    for (let index = 3; parts[index] === "fields"; index += 2) {
      const field: FieldLayout | undefined = fields?.[Number(parts[index + 1])];
      if (!field) break;
      place.push(field.name);
      fields = field.fields;
    }
    return place;
  }
  if (parts[0] !== "schema") return [];
  const place: string[] = [];
  for (let index = 1; index < parts.length; index += 1) {
    if (parts[index] === "items") continue;
    const name = parts[index + 1];
    if (parts[index] !== "properties" || name === undefined) break;
    const next = [...place, name];
    if (!(next.length === 1 ? stepAt(content, next) : fieldAt(content, next))) break;
    place.push(name);
    index += 1;
  }
  return place;
}

/** Takes out what was noted at a place. */
export function setSeenTo(content: FormContent, place: Place): FormContent {
  if (place.length > 0) return setRules(content, place, { $comment: undefined });
  const { $comment: _, ...schema } = content.schema;
  return { ...content, schema };
}
