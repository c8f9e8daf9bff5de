import { useQueryClient } from "@tanstack/react-query";
import { useStatus } from "../../../ui/Status";
import { useAction } from "../../../ui/useAction";
import { credentialsQuery } from "../api";

/** A change to what the account proves itself with: reads anew, and says what was done. Cancelling is no error. */
export function useChange(change: () => Promise<string>): ReturnType<typeof useAction> {
  const queryClient = useQueryClient();
  const status = useStatus();
  return useAction(async () => {
    try {
      const done = await change();
      await queryClient.invalidateQueries({ queryKey: credentialsQuery.queryKey });
      status(done);
    } catch (error) {
      if (!(error instanceof Error && ["ProofCancelled", "PasskeyCancelled"].includes(error.name)))
        throw error;
    }
  });
}
