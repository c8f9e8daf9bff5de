import { queryOptions, type QueryClient } from "@tanstack/react-query";
import { answer, api, type Schemas } from "./client";
import { keepSession } from "./session";

export type Power = Schemas["Power"];

/** Powers of attorney in force that the person holds, read at the account home at this moment. */
export const actingForQuery = queryOptions({
  queryKey: ["powers", "received"],
  queryFn: () => answer(api.GET("/api/v1/account/powers/received")),
  staleTime: 0,
});

/** What depends on for whom the person acts is read anew. */
async function takeOver(client: QueryClient, session: Schemas["Session"]): Promise<void> {
  keepSession(client, session);
  await client.invalidateQueries({ queryKey: ["prefill"] });
}

/** From now on the session acts for who granted this power. */
export async function startActing(client: QueryClient, powerId: string): Promise<void> {
  await takeOver(client, await answer(api.PUT("/api/v1/session/acting", { body: { powerId } })));
}

/** The session acts for the person themselves again. */
export async function stopActing(client: QueryClient): Promise<void> {
  await takeOver(client, await answer(api.DELETE("/api/v1/session/acting")));
}
