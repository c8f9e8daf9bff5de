import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "../../api/client";

export type MailboxMessage = Schemas["MailboxMessage"];

export const mailboxQuery = infiniteQueryOptions({
  queryKey: ["mailbox"],
  queryFn: ({ pageParam }) =>
    answer(
      api.GET("/api/v1/mailbox", { params: { query: pageParam === undefined ? {} : { cursor: pageParam } } }),
    ),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.nextCursor,
  staleTime: 0,
});

const fetchingPause = 4_000;

/** A message; reading it for the first time is recorded by the portal. While something of it is being fetched, it is asked for again. */
export const messageQuery = (messageId: string) =>
  queryOptions({
    queryKey: ["mailbox", messageId],
    queryFn: () => answer(api.GET("/api/v1/mailbox/{messageId}", { params: { path: { messageId } } })),
    refetchInterval: ({ state }) => (state.data?.safe?.state === "fetching" ? fetchingPause : false),
  });

/** Puts a message into the documents safe. */
export async function keepMessage(messageId: string): Promise<void> {
  await answer(api.POST("/api/v1/mailbox/{messageId}", { params: { path: { messageId } } }));
}

export async function deleteMessage(messageId: string): Promise<void> {
  await answer(api.DELETE("/api/v1/mailbox/{messageId}", { params: { path: { messageId } } }));
}
