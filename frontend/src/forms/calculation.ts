import type { Answers, Calculation, FormLayout, Json, Term } from "./definition";
import { dayNumber } from "./limits";
import { isShown, isValues, lookUp, type Values } from "./lookup";

/** The most that a term counts; the server has the same. */
const maxCount = 1_000_000;

/** Sets the values of calculations that are shown, in the steps that are there; the same as on the server. */
export function calculate(layout: FormLayout, answers: Answers): Answers {
  const kept: Answers = { ...answers };
  for (const step of layout.steps) {
    const given = answers[step.id];
    if (!isValues(given) || !step.fields.some((field) => field.kind === "calculation")) continue;
    const values: Values = { ...given };
    for (const field of step.fields) {
      if (field.kind !== "calculation" || !field.calculation) continue;
      delete values[field.name];
      if (isShown(field.showWhen, values, answers)) {
        values[field.name] = sum(field.calculation, values, answers);
      }
    }
    kept[step.id] = values;
  }
  return kept;
}

function sum({ terms, atMost }: Calculation, siblings: Values, answers: Answers): number {
  const total = terms.reduce((so, term) => so + term.amount * termCount(term, siblings, answers), 0);
  return Math.max(Math.min(total, atMost ?? total), 0);
}

/** How often the amount of a term counts. */
export function termCount(term: Term, siblings: Values, answers: Answers): number {
  if (term.each === undefined) return countOnce(term, siblings, answers);
  const items = lookUp(term.each, siblings, answers);
  const counts = (Array.isArray(items) ? items : []).map((item) =>
    countOnce(term, isValues(item) ? item : {}, answers),
  );
  return Math.min(
    counts.reduce((so, count) => so + count, 0),
    maxCount,
  );
}

function countOnce(term: Term, siblings: Values, answers: Answers): number {
  if (!(term.when ?? []).every((condition) => isShown(condition, siblings, answers))) return 0;
  let count = 1;
  for (const name of term.times ?? []) {
    count = Math.min(count * countOf(lookUp(name, siblings, answers)), maxCount);
  }
  if (term.days) {
    const from = dayNumber(lookUp(term.days.from, siblings, answers));
    const to = dayNumber(lookUp(term.days.to, siblings, answers));
    const days = from === undefined || to === undefined || to < from ? 0 : to - from + 1;
    count = Math.min(count * days, maxCount);
  }
  return Math.min(Math.max(count - (term.less ?? 0), 0), term.atMost ?? maxCount);
}

/** Counts the items of a list, or reads a whole number that is not below zero. */
function countOf(value: Json | undefined): number {
  if (Array.isArray(value)) return value.length;
  return typeof value === "number" && Number.isInteger(value) && value >= 0 ? Math.min(value, maxCount) : 0;
}
