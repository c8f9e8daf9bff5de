import type { Answers, Json } from "./definition";
import { readAt, writeAt } from "./pointers";

/** An answer that was changed after the application was submitted. */
export interface Correction {
  pointer: string;
  at: string;
  value: Json | undefined;
  /** What it was until then. */
  before: Json | undefined;
}

/** Something that happened, which may have brought answers of the form. */
interface Event {
  id: string;
  at: string;
  values?: readonly { pointer: string; value: unknown }[];
}

/** Applies what was corrected with answers to questions, in the order in which it came, to what was submitted. */
export function corrected(
  submitted: Answers,
  events: readonly Event[],
): { answers: Answers; corrections: Correction[]; byEvent: ReadonlyMap<string, Correction[]> } {
  let answers = submitted;
  const byEvent = new Map<string, Correction[]>();
  for (const { id, at, values = [] } of events) {
    const changes = values.map(({ pointer, value }): Correction => {
      const next = (value ?? undefined) as Json | undefined;
      const before = readAt(answers, pointer);
      answers = writeAt(answers, pointer, next);
      return { pointer, at, value: next, before };
    });
    if (changes.length > 0) byEvent.set(id, changes);
  }
  return { answers, corrections: [...byEvent.values()].flat(), byEvent };
}
