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
   * Takes over what the portal found wrong with the body: a pointer `/email` belongs to the field `email`. Says whether it
   * found any field.
   */
  showProblem: (problem: unknown, fieldIds: readonly string[]) => boolean;
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
    showProblem(problem, fieldIds) {
      if (!(problem instanceof ApiProblem)) return false;
      const found = problem.errors
        .map((error) => ({ fieldId: error.pointer.slice(1), message: error.message }))
        .filter((error) => fieldIds.includes(error.fieldId));
      return found.length > 0 && !show(found);
    },
  };
}
