import { useQueryClient } from "@tanstack/react-query";
import { useStatus } from "../../../ui/Status";
import { readAnew } from "../api";

/** Says what was done, and reads the treasury anew. */
export function useDone(): (words: string) => Promise<void> {
  const queryClient = useQueryClient();
  const status = useStatus();
  return async (words) => {
    status(words);
    await readAnew(queryClient);
  };
}
