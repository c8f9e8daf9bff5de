import type { Schemas } from "../../api/client";
import { defined } from "../../lib/defined";
import type { Authentication, Client, ClientDraft, ClientKind, ClientScope } from "./api";

export const kinds: readonly ClientKind[] = ["web", "native", "machine", "provider"];

const forPeople: readonly ClientScope[] = [
  "openid",
  "profile",
  "email",
  "offline_access",
  "person:read",
  "mailbox:read",
  "mailbox:write",
  "applications:read",
  "applications:write",
];
const forDeliveries: readonly ClientScope[] = ["deliveries:read", "deliveries:write"];

/** What an application of a kind may ask for. */
export function scopesOf(kind: ClientKind): ClientScope[] {
  if (kind === "machine") return [...forDeliveries];
  return kind === "provider" ? [...forPeople, ...forDeliveries] : [...forPeople];
}

/** By what an application of a kind may prove itself. */
export const authenticationsOf = (kind: ClientKind): Authentication[] =>
  kind === "native" ? ["none"] : ["clientSecret", "privateKeyJwt"];

export const signsIn = (kind: ClientKind): boolean => kind !== "machine";

/** An application that has not been filled in. */
export const emptyDraft: ClientDraft = {
  kind: "web",
  name: "",
  purpose: { de: "" },
  authentication: "clientSecret",
  scopes: ["openid", "profile"],
  redirectUris: [],
  postLogoutRedirectUris: [],
  active: true,
};

/** The same application as another kind: what does not fit goes. */
export function ofKind(draft: ClientDraft, kind: ClientKind): ClientDraft {
  const scopes = draft.scopes.filter((scope) => scopesOf(kind).includes(scope));
  const authentications = authenticationsOf(kind);
  return {
    ...draft,
    kind,
    authentication: authentications.includes(draft.authentication)
      ? draft.authentication
      : (authentications[0] ?? "none"),
    scopes: scopes.length > 0 ? scopes : kind === "machine" ? ["deliveries:read"] : ["openid"],
    ...(kind === "machine" && { redirectUris: [], postLogoutRedirectUris: [] }),
  };
}

/** What of an application can be changed. */
export function changeOf(client: Omit<ClientDraft, "kind">): Schemas["ClientChange"] {
  const { name, purpose, authentication, scopes, redirectUris, postLogoutRedirectUris, active } = client;
  const { url, privacyUrl, jwks, jwksUri, backChannelLogoutUri } = client;
  return {
    name,
    purpose,
    authentication,
    scopes,
    redirectUris,
    postLogoutRedirectUris,
    active,
    ...defined({ url, privacyUrl, jwks, jwksUri, backChannelLogoutUri }),
  };
}

/** A registered application, as the form begins with it. */
export const draftOf = (client: Client): ClientDraft => ({ kind: client.kind, ...changeOf(client) });

/** Addresses, one a line. */
export const lines = (text: string): string[] =>
  text
    .split(/\s+/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
