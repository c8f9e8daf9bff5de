import type { Calculation, FieldLayout, StepLayout, Term } from "../../../forms/definition";
import type { FormContent } from "./api";
import { fieldsOf, parentOf, pointerTo, setField, tidy, type Change, type Place } from "./model";

/** A question that a term can refer to, by the name that it has there. */
export interface Source {
  name: string;
  field: FieldLayout;
  /** The step, where it is another than that of the calculation. */
  step: StepLayout | undefined;
}

/** The questions of the calculation's own step, by their names, and of other steps, as `step.question`. */
function askedOnce(content: FormContent, place: Place): Source[] {
  const own = fieldsOf(content, parentOf(place)).map((field) => ({
    name: field.name,
    field,
    step: undefined,
  }));
  return [...own, ...elsewhere(content, place)];
}

const elsewhere = (content: FormContent, place: Place): Source[] =>
  content.layout.steps
    .filter(({ id }) => id !== place[0])
    .flatMap((step) => step.fields.map((field) => ({ name: `${step.id}.${field.name}`, field, step })));

/** The groups whose items a term can be asked of. */
export const groups = (content: FormContent, place: Place): Source[] =>
  askedOnce(content, place).filter(({ field }) => field.kind === "group");

/** What the figures and conditions of a term can refer to: with `each`, the questions of that group by their names. */
export function sources(content: FormContent, place: Place, each: string | undefined): Source[] {
  if (each === undefined) return askedOnce(content, place);
  const group = groups(content, place).find(({ name }) => name === each);
  const inside = (group?.field.fields ?? []).map((field) => ({ name: field.name, field, step: undefined }));
  return [...inside, ...elsewhere(content, place)];
}

export const isFigure = ({ field }: Source): boolean => field.kind === "number" || field.kind === "group";
export const isDate = ({ field }: Source): boolean => field.kind === "date";
export const isChoice = ({ field }: Source): boolean => ["radio", "select", "combobox"].includes(field.kind);

/** Changes a calculation; what becomes undefined is left out. */
export function setCalculation(
  content: FormContent,
  place: Place,
  calculation: Calculation,
  change: Change<Calculation>,
): FormContent {
  const next = tidy({ ...calculation, ...change }) as Calculation;
  const changed = setField(content, place, { calculation: next });
  // Only euros can be charged.
  return next.unit === "cents" || !isFee(content, place) ? changed : setFee(changed, place, false);
}

/** Changes a term. Asked of the items of another group, it refers to other questions, and forgets the former. */
export function changedTerm(term: Term, change: Change<Term>): Term {
  const forgotten: Change<Term> =
    "each" in change && change.each !== term.each
      ? { times: undefined, days: undefined, when: undefined }
      : {};
  return tidy({ ...term, ...forgotten, ...change }) as Term;
}

/** Whether a calculation is what the application costs. */
export const isFee = (content: FormContent, place: Place): boolean => content.layout.fee === pointerTo(place);

/** Makes a calculation what the application costs, or not any more. */
export function setFee(content: FormContent, place: Place, fee: boolean): FormContent {
  const { fee: _, ...layout } = content.layout;
  return { ...content, layout: fee ? { ...layout, fee: pointerTo(place) } : layout };
}
