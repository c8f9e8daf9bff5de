import { queryOptions, type QueryClient } from "@tanstack/react-query";
import { answer, api, keepCsrfToken, type Schemas } from "./client";

export type Session = Schemas["Session"];

/** Takes over an answer about the session, wherever it came from. */
export function keepSession(client: QueryClient, session: Session): void {
  keepCsrfToken(session.csrfToken);
  client.setQueryData(sessionQuery.queryKey, session);
}

/** Who is signed in at this portal, and the token for changes. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: async () => {
    const session = await answer(api.GET("/api/v1/session"));
    keepCsrfToken(session.csrfToken);
    return session;
  },
  staleTime: 60_000,
});

/** Whether the person of a session works here. */
export function isStaff(session: Session): boolean {
  return session.roles.length > 0 || (session.unitRoles ?? []).length > 0;
}

/** Whether the person of a session has one of these roles for the whole portal. */
export function hasRole(session: Session, ...roles: Schemas["Role"][]): boolean {
  return session.roles.some((role) => roles.includes(role));
}

/** The organisational units for which the person of a session has a role. */
export function unitsOf(session: Session, role: Schemas["Role"]): string[] {
  return (session.unitRoles ?? [])
    .filter((given) => given.role === role)
    .map((given) => given.organisationId);
}

/** Whether the person of a session has one of these roles, for the whole portal or for some unit of it. */
export function hasRoleSomewhere(session: Session, ...roles: Schemas["Role"][]): boolean {
  return hasRole(session, ...roles) || roles.some((role) => unitsOf(session, role).length > 0);
}

/** Whether the person of a session writes, releases or administers the catalog, or parts of it. */
export function isEditor(session: Session): boolean {
  return hasRole(session, "admin") || hasRoleSomewhere(session, "editor", "publisher");
}

/** Address that leads through an account home and back; for the browser's address bar, not for fetch. */
export function signInAddress(
  returnTo: string,
  {
    serviceId,
    level,
    home,
  }: {
    serviceId?: string;
    level?: Schemas["TrustLevel"] | undefined;
    /** The id of the account home; without it that of who is signed in, or the only one. */
    home?: string;
  } = {},
): string {
  const query = new URLSearchParams({ returnTo });
  if (home !== undefined) query.set("home", home);
  if (serviceId !== undefined) query.set("serviceId", serviceId);
  if (level !== undefined) query.set("level", level);
  return `/api/v1/signin/start?${query}`;
}

/**
 * Ends the session here, and at the account home where the person signed in through it; then shows the start page.
 */
export async function signOut(client: QueryClient): Promise<void> {
  const { redirectTo } = await answer(api.DELETE("/api/v1/session"));
  keepCsrfToken("");
  client.clear();
  window.location.assign(redirectTo ?? "/");
}

/** Signs in with a passkey of this device, or proves again that it is the same person. */
export async function signInWithPasskey(): Promise<Session> {
  const { signWithPasskey } = await import("../lib/passkeys");
  const { ceremonyId, options } = await answer(api.POST("/api/v1/session/passkey-options"));
  const response = await signWithPasskey(options);
  return answer(api.POST("/api/v1/session/passkey", { body: { ceremonyId, response } }));
}

/** Whether this is the account of somebody who works here, also while a second factor is missing: it has no citizen's data. */
export const worksHere = (session: Session): boolean =>
  isStaff(session) || session.secondFactorNeeded === true;
