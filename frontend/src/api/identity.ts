import { queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "./client";

export type TrustLevel = Schemas["TrustLevel"];
export type IdentityProvider = Schemas["IdentityProvider"];
export type Arrival = Schemas["Arrival"];

/** Identity providers that one can sign in with at the account home. */
export const identityProvidersQuery = queryOptions({
  queryKey: ["identity-providers"],
  queryFn: () => answer(api.GET("/api/v1/identity/providers")),
  staleTime: 300_000,
});

/** Directories that those who work here sign in with. */
export const directoriesQuery = queryOptions({
  queryKey: ["directories"],
  queryFn: () => answer(api.GET("/api/v1/identity/directories")),
  staleTime: 300_000,
});

/** Identities linked with the account that is signed in. */
export const identitiesQuery = queryOptions({
  queryKey: ["identities"],
  queryFn: () => answer(api.GET("/api/v1/account/identities")),
  staleTime: 0,
});

interface Wish {
  level?: TrustLevel | undefined;
  intent?: "link" | "refresh" | "prove";
  requestId?: string | undefined;
  returnTo?: string | undefined;
}

/** Address that leads to an identity provider and back; for the browser's address bar, not for fetch. */
export function identityAddress(providerId: string, wish: Wish): string {
  const query = new URLSearchParams();
  for (const name of ["level", "intent", "requestId", "returnTo"] as const) {
    const value = wish[name];
    if (value !== undefined) query.set(name, value);
  }
  return `/api/v1/identity/providers/${encodeURIComponent(providerId)}/start?${query}`;
}

const order: TrustLevel[] = ["low", "substantial", "high"];

/** Whether a trust level is at least the one needed. */
export function reaches(level: TrustLevel | undefined, needed: TrustLevel | undefined): boolean {
  return needed === undefined || order.indexOf(level ?? "low") >= order.indexOf(needed);
}

/** Identity providers that can prove a level. */
export function thatProve(providers: IdentityProvider[], needed: TrustLevel | undefined): IdentityProvider[] {
  return providers.filter((provider) => provider.levels.some((level) => reaches(level, needed)));
}

/** What has arrived from an identity provider, and what is to be decided. */
export const arrivalQuery = (arrivalId: string) =>
  queryOptions({
    queryKey: ["arrival", arrivalId],
    queryFn: () =>
      answer(api.GET("/api/v1/identity/arrivals/{arrivalId}", { params: { path: { arrivalId } } })),
    staleTime: 0,
  });

export function createLinkedAccount(
  arrivalId: string,
  body: Schemas["ArrivalAccount"],
): Promise<Schemas["Session"]> {
  return answer(
    api.POST("/api/v1/identity/arrivals/{arrivalId}/account", { params: { path: { arrivalId } }, body }),
  );
}

export function linkArrival(arrivalId: string): Promise<Schemas["Session"]> {
  return answer(api.POST("/api/v1/identity/arrivals/{arrivalId}/link", { params: { path: { arrivalId } } }));
}

export async function takeOverData(arrivalId: string, items: Schemas["ProfileItem"][]): Promise<void> {
  await answer(
    api.POST("/api/v1/identity/arrivals/{arrivalId}/data", {
      params: { path: { arrivalId } },
      body: { items },
    }),
  );
}

export async function unlinkIdentity(identityId: string): Promise<void> {
  await answer(api.DELETE("/api/v1/account/identities/{identityId}", { params: { path: { identityId } } }));
}
