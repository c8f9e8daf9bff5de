import { useMemo, useRef, useState } from "react";
import { answersToSend } from "./conditions";
import type { Answers, FormDefinition, Json } from "./definition";
import { isWithin, pointer, pointerParts, readAt, writeAt } from "./pointers";
import { compileForm, isRequired, type FormError } from "./validation";

/** The state of a form that is being filled in. */
export interface SchemaForm {
  definition: FormDefinition;
  /** The answers as they are typed. */
  answers: Answers;
  /** The answers as they are sent: without hidden and empty ones. */
  toSend: Answers;
  set: (pointer: string, value: Json | undefined) => void;
  /** Changes an answer as it is now: for what took a while, as an upload does, in which the person has answered more. */
  update: (pointer: string, change: (value: Json | undefined) => Json | undefined) => void;
  /** Fills in several answers at once, marked as coming from the account; notes say more of some of them. */
  prefill: (values: ReadonlyMap<string, Json>, notes?: ReadonlyMap<string, string>) => void;
  /** Where an answer came from, when it came from the account and was not changed since. */
  fromAccount: (pointer: string) => { note?: string } | undefined;
  /** Errors found when the form was last sent, less those mended since. */
  errors: FormError[];
  /** Counts how often sending found errors; the summary takes the focus when it changes. */
  attempt: number;
  /** Checks a step, or all of the form; shows the errors, and says whether there are none. */
  check: (stepId?: string) => boolean;
  /** All errors of the form as it stands, without showing them. */
  findErrors: () => FormError[];
  /** Shows errors that were found elsewhere: by the portal, or when the whole form was checked. */
  showErrors: (errors: FormError[]) => void;
}

/** Keeps answers, where they came from, and errors of a form. */
export function useSchemaForm(definition: FormDefinition, initial: Answers): SchemaForm {
  const validate = useMemo(() => compileForm(definition), [definition]);
  const [answers, setAnswers] = useState(() => withRequiredGroups(definition, initial));
  const [fromAccount, setFromAccount] = useState<ReadonlyMap<string, { note?: string }>>(new Map());
  const [errors, setErrors] = useState<FormError[]>([]);
  const [attempt, setAttempt] = useState(0);
  const toSend = useMemo(() => answersToSend(definition.layout, answers), [definition, answers]);

  const newest = useRef(answers);
  /** Takes over answers, and keeps of the errors those that are not mended. */
  const take = (next: Answers) => {
    newest.current = next;
    setAnswers(next);
    setErrors((shown) => {
      if (shown.length === 0) return shown;
      const found = validate(answersToSend(definition.layout, next));
      return shown.filter((old) =>
        found.some((error) => error.pointer === old.pointer && error.code === old.code),
      );
    });
  };
  const set = (path: string, value: Json | undefined) => {
    take(writeAt(newest.current, path, value));
    setFromAccount((marks) =>
      [...marks.keys()].some((marked) => isWithin(path, marked))
        ? new Map([...marks].filter(([marked]) => !isWithin(path, marked)))
        : marks,
    );
  };
  const show = (found: FormError[]) => {
    setErrors(inOrder(found, definition));
    if (found.length > 0) setAttempt((count) => count + 1);
  };

  return {
    definition,
    answers,
    toSend,
    errors,
    attempt,
    set,
    update: (path, change) => set(path, change(readAt(newest.current, path))),
    prefill(values, notes) {
      let next = newest.current;
      for (const [path, value] of values) next = writeAt(next, path, value);
      take(next);
      const marks = [...values.keys()].map((path) => {
        const note = notes?.get(path);
        return [path, note === undefined ? {} : { note }] as const;
      });
      setFromAccount(new Map([...fromAccount, ...marks]));
    },
    fromAccount: (path) => fromAccount.get(path),
    check(stepId) {
      const all = validate(toSend);
      const found = stepId === undefined ? all : all.filter((error) => isWithin(error.pointer, `/${stepId}`));
      show(found);
      return found.length === 0;
    },
    findErrors: () => inOrder(validate(toSend), definition),
    showErrors: show,
  };
}

/** Gives a group that must be answered its first item, so that its questions are there from the start. */
function withRequiredGroups(definition: FormDefinition, answers: Answers): Answers {
  let next = answers;
  for (const step of definition.layout.steps) {
    for (const field of step.fields) {
      const path = pointer(step.id, field.name);
      if (field.kind !== "group" || readAt(next, path) !== undefined) continue;
      if (isRequired(definition.schema, [step.id], field.name)) next = writeAt(next, path, [{}]);
    }
  }
  return next;
}

/** Orders errors as the questions stand in the form; those of a group item by item. */
function inOrder(errors: FormError[], { layout }: FormDefinition): FormError[] {
  const place = (error: FormError) => {
    const [stepId, name, item, inner] = pointerParts(error.pointer);
    const step = layout.steps.findIndex(({ id }) => id === stepId);
    const fields = layout.steps[step]?.fields ?? [];
    const field = fields.findIndex((candidate) => candidate.name === name);
    const parts = fields[field]?.fields ?? [];
    return [step, field, Number(item ?? 0) || 0, parts.findIndex((part) => part.name === inner)];
  };
  const byPlace = (a: FormError, b: FormError) => {
    const [before, after] = [place(a), place(b)];
    const differs = before.findIndex((position, index) => position !== after[index]);
    return (before[differs] ?? 0) - (after[differs] ?? 0);
  };
  return errors.toSorted(byPlace);
}
