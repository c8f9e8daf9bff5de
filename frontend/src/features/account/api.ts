import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answer, answerWithETag, api, type Schemas } from "../../api/client";

export type ProfileData = Schemas["ProfileData"];
export type Consent = Schemas["Consent"];

export const profileQuery = queryOptions({
  queryKey: ["profile"],
  queryFn: () => answerWithETag(api.GET("/api/v1/account/profile")),
  staleTime: 0,
});

export function updateProfile(
  etag: string,
  body: ProfileData,
): Promise<{ data: Schemas["Profile"]; etag: string }> {
  return answerWithETag(
    api.PUT("/api/v1/account/profile", { params: { header: { "If-Match": etag } }, body }),
  );
}

export const consentsQuery = queryOptions({
  queryKey: ["consents"],
  queryFn: () => answer(api.GET("/api/v1/account/consents")),
});

export async function withdrawConsent(consentId: string): Promise<void> {
  await answer(api.DELETE("/api/v1/account/consents/{consentId}", { params: { path: { consentId } } }));
}

export const accessesQuery = infiniteQueryOptions({
  queryKey: ["accesses"],
  queryFn: ({ pageParam }) =>
    answer(
      api.GET("/api/v1/account/access-log", {
        params: { query: pageParam === undefined ? {} : { cursor: pageParam } },
      }),
    ),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.nextCursor,
  staleTime: 0,
});

export const sessionsQuery = queryOptions({
  queryKey: ["sessions"],
  queryFn: () => answer(api.GET("/api/v1/account/sessions")),
  staleTime: 0,
});

export async function endSession(sessionId: string): Promise<void> {
  await answer(api.DELETE("/api/v1/account/sessions/{sessionId}", { params: { path: { sessionId } } }));
}
