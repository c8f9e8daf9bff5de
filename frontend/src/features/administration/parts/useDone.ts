import { useQueryClient } from "@tanstack/react-query";
import { useStatus } from "../../../ui/Status";
import { associationQuery } from "../api";

/** Says what was done, and reads the association anew. */
export function useDone(): (words: string) => Promise<void> {
  const queryClient = useQueryClient();
  const status = useStatus();
  return async (words) => {
    status(words);
    await queryClient.invalidateQueries({ queryKey: associationQuery.queryKey });
  };
}
