import { useState } from "react";

/**
 * What is typed into a field that begins with a value of the address, and follows the address when that changes. The field stays
 * where it is, and the focus on it.
 */
export function useTyped(given: string): [string, (typed: string) => void] {
  const [typed, setTyped] = useState(given);
  const [before, setBefore] = useState(given);
  if (given !== before) {
    setBefore(given);
    setTyped(given);
  }
  return [given === before ? typed : given, setTyped];
}
