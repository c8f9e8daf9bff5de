import type { FieldLayout, FormSchema, LocalText } from "../../../forms/definition";
import { localText } from "../../../forms/definition";
import type { FormContent } from "./api";
import { isRequired, schemaOf, type Place } from "./model";

/** What is different about a question that both versions have; the texts are those of the language that is read, else of another. */
interface Detail {
  what:
    | "text"
    | "help"
    | "kind"
    | "required"
    | "optional"
    | "newOption"
    | "lostOption"
    | "rules"
    | "condition"
    | "calculation"
    | "order"
    | "other";
  before?: string;
  after?: string;
}

/** A step or question that two versions do not have alike. */
export interface Difference {
  what: "title" | "applicants" | "fee" | "added" | "removed" | "changed";
  label: LocalText;
  /** The step or group that it is in. */
  within?: LocalText;
  details: Detail[];
}

/** A step or a question, whichever it is. */
interface Part {
  place: Place;
  label: LocalText;
  help: LocalText | undefined;
  field: FieldLayout | undefined;
  parts: Part[];
}

const questions = (place: Place, fields: FieldLayout[]): Part[] =>
  fields.map((field) => ({
    place: [...place, field.name],
    label: field.label,
    help: field.hint,
    field,
    parts: questions([...place, field.name], field.fields ?? []),
  }));

const steps = ({ layout }: FormContent): Part[] =>
  layout.steps.map((step) => ({
    place: [step.id],
    label: step.title,
    help: step.intro,
    field: undefined,
    parts: questions([step.id], step.fields),
  }));

/** JSON with sorted names: two values are the same when their texts are. */
function stable(value: unknown): string {
  return JSON.stringify(value ?? null, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

const same = (a: unknown, b: unknown): boolean => stable(a) === stable(b);

export const sameContent = (a: FormContent, b: FormContent): boolean => same(a, b);

/** What differs between two versions of a form, in the order of the later one; what is gone comes last in its step. */
export function differences(before: FormContent, after: FormContent, language: string): Difference[] {
  const found: Difference[] = [];
  if (!same(before.title, after.title))
    found.push({ what: "title", label: after.title, details: texts(before.title, after.title, language) });
  if (!same(before.layout.applicants, after.layout.applicants))
    found.push({ what: "applicants", label: after.title, details: [] });
  if (before.layout.fee !== after.layout.fee)
    found.push({ what: "fee", label: feeOf(after) ?? feeOf(before) ?? {}, details: [] });
  const compare = (old: Part[], now: Part[], within: LocalText | undefined) => {
    const known = new Map(old.map((part) => [nameOf(part), part]));
    const moved = movedOf(old.map(nameOf), now.map(nameOf));
    const inside = within === undefined ? {} : { within };
    for (const part of now) {
      const former = known.get(nameOf(part));
      if (former) {
        const details = detailsOf(before, former, after, part, language);
        if (moved.has(nameOf(part))) details.push({ what: "order" });
        if (details.length > 0) found.push({ what: "changed", label: part.label, details, ...inside });
      } else found.push({ what: "added", label: part.label, details: [], ...inside });
      compare(former?.parts ?? [], part.parts, part.label);
    }
    const still = new Set(now.map(nameOf));
    for (const part of old)
      if (!still.has(nameOf(part)))
        found.push({ what: "removed", label: part.label, details: [], ...inside });
  };
  compare(steps(before), steps(after), undefined);
  return found;
}

/** What the calculation is called that says what the application costs. */
function feeOf({ layout }: FormContent): LocalText | undefined {
  const [, step, name] = layout.fee?.split("/") ?? [];
  return layout.steps.find(({ id }) => id === step)?.fields.find((field) => field.name === name)?.label;
}

const nameOf = ({ place }: Part): string => place.at(-1) ?? "";

function texts(before: LocalText | undefined, after: LocalText | undefined, language: string): Detail[] {
  const languages = [language, "de", ...Object.keys({ ...before, ...after })];
  const differing = languages.find((tag) => (before?.[tag] ?? "") !== (after?.[tag] ?? ""));
  return differing === undefined
    ? []
    : [{ what: "text", before: before?.[differing] ?? "", after: after?.[differing] ?? "" }];
}

function detailsOf(
  before: FormContent,
  old: Part,
  after: FormContent,
  now: Part,
  language: string,
): Detail[] {
  const found = texts(old.label, now.label, language);
  if (!same(old.help, now.help)) found.push({ what: "help" });
  const [was, is] = [old.field, now.field];
  if (!was || !is) return found;
  if (was.kind !== is.kind) found.push({ what: "kind" });
  const demanded = isRequired(after, now.place);
  if (isRequired(before, old.place) !== demanded) found.push({ what: demanded ? "required" : "optional" });
  found.push(...options(was, is, language));
  if (!same(was.showWhen, is.showWhen)) found.push({ what: "condition" });
  if (!same(rulesOf(before, old.place, was), rulesOf(after, now.place, is))) found.push({ what: "rules" });
  if (!same(was.calculation, is.calculation)) found.push({ what: "calculation" });
  if (!same(otherOf(was), otherOf(is))) found.push({ what: "other" });
  return found;
}

function options(was: FieldLayout, is: FieldLayout, language: string): Detail[] {
  const [old, now] = [was.options ?? [], is.options ?? []];
  const found: Detail[] = [];
  for (const { value, label } of now) {
    const former = old.find((option) => option.value === value);
    if (!former) found.push({ what: "newOption", after: localText(label, language) });
    else found.push(...texts(former.label, label, language));
  }
  for (const { value, label } of old)
    if (!now.some((option) => option.value === value))
      found.push({ what: "lostOption", before: localText(label, language) });
  return found;
}

/** What judges an answer, but for its choices, the questions of a group and what is noted. */
function rulesOf(content: FormContent, place: Place, field: FieldLayout): unknown {
  const { enum: _, $comment: __, items, ...rules }: FormSchema = schemaOf(content, place);
  const { enum: ___, ...item }: FormSchema = items ?? {};
  const { earliest, latest, accept, maxFiles } = field;
  return { ...rules, items: field.fields ? undefined : item, earliest, latest, accept, maxFiles };
}

function otherOf(field: FieldLayout): unknown {
  const { autocomplete, profile, width, addLabel, itemLabel } = field;
  return { autocomplete, profile, width, addLabel, itemLabel };
}

/** The names, common to both lists, that must be moved to turn the one order into the other: as few as possible. */
function movedOf(before: string[], after: string[]): Set<string> {
  const common = after.filter((name) => before.includes(name));
  const at = common.map((name) => before.indexOf(name));
  const lengths: number[] = [];
  const previous: number[] = [];
  at.forEach((position, index) => {
    let best = -1;
    for (let other = 0; other < index; other += 1)
      if ((at[other] ?? 0) < position && (lengths[other] ?? 0) > (lengths[best] ?? 0)) best = other;
    lengths.push((lengths[best] ?? 0) + 1);
    previous.push(best);
  });
  const moved = new Set(common);
  let index = lengths.indexOf(Math.max(...lengths));
  while (index >= 0) {
    moved.delete(common[index] ?? "");
    index = previous[index] ?? -1;
  }
  return moved;
}
