import { useState } from "react";
import { newIdempotencyKey } from "../api/client";
import { ConnectionProblem } from "../api/problem";

/**
 * Something a person does once by pressing a button: `run` passes a key that stays the same until the portal has answered,
 * so that trying again after a lost reply has no second effect. A press while it is on its way does nothing.
 */
export function useAction(action: (key: string) => Promise<void>): {
  run: () => void;
  busy: boolean;
  error: unknown;
} {
  const [key, setKey] = useState(newIdempotencyKey);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const run = async () => {
    if (busy) return;
    setBusy(true);
    setError(undefined);
    try {
      await action(key);
      setKey(newIdempotencyKey());
    } catch (problem) {
      setError(problem);
      if (!(problem instanceof ConnectionProblem)) setKey(newIdempotencyKey());
    } finally {
      setBusy(false);
    }
  };
  return { run: () => void run(), busy, error };
}
