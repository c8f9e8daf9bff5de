import { useState } from "react";
import { ApiProblem } from "../api/problem";
import type { SummarizedError } from "./ErrorSummary";

/** Errors by field id, for small forms with fields of our own. */
export interface FormErrors {
  /** For the error summary. */
  list: SummarizedError[];
  attempt: number;
  /** What is wrong with a field. */
  of: (fieldId: string) => string | undefined;
  /** Shows these errors; says whether there are none. */
  show: (errors: SummarizedError[]) => boolean;
  /**
   * Takes over what the portal found wrong with the body: a pointer `/email` belongs to the field `email`, or to the one that
   * `fields` has under that name. Says whether it found any field.
   */
  showProblem: (problem: unknown, fields: readonly string[] | Readonly<Record<string, string>>) => boolean;
}

/** Keeps the errors of a small form. */
export function useFormErrors(): FormErrors {
  const [list, setList] = useState<SummarizedError[]>([]);
  const [attempt, setAttempt] = useState(0);
  const show = (errors: SummarizedError[]) => {
    setList(errors);
    if (errors.length > 0) setAttempt((count) => count + 1);
    return errors.length === 0;
  };
  return {
    list,
    attempt,
    of: (fieldId) => list.find((error) => error.fieldId === fieldId)?.message,
    show,
    showProblem(problem, fields) {
      if (!(problem instanceof ApiProblem)) return false;
      const ids = new Map(Array.isArray(fields) ? fields.map((id) => [id, id]) : Object.entries(fields));
      const found = problem.errors.flatMap(({ pointer, message }) => {
        const fieldId = ids.get(pointer.slice(1)) ?? ids.get(pointer.split("/")[1] ?? ""); // of an entry: its list
        return fieldId === undefined ? [] : [{ fieldId, message }];
      });
      return found.length > 0 && !show(found);
    },
  };
}
