import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answer, answerWithETag, api, type Schemas } from "../../api/client";
import { defined } from "../../lib/defined";

export type Client = Schemas["RegisteredClient"];
export type ClientKind = Schemas["ClientKind"];
export type ClientScope = Schemas["ClientScope"];
export type Authentication = Schemas["ClientAuthentication"];
export type ClientDraft = Schemas["ClientRegistration"];

const root = "/api/v1/admin/clients";

export const clientsQuery = infiniteQueryOptions({
  queryKey: ["clients"],
  queryFn: ({ pageParam }) =>
    answer(api.GET(root, { params: { query: pageParam === undefined ? {} : { cursor: pageParam } } })),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.nextCursor,
  staleTime: 0,
});

export const clientQuery = (clientId: string) =>
  queryOptions({
    queryKey: ["client", clientId],
    queryFn: () => answerWithETag(api.GET(`${root}/{clientId}`, { params: { path: { clientId } } })),
    staleTime: 0,
  });

/** Registers an application; its secret is in this answer only. */
export const createClient = (key: string, body: ClientDraft): Promise<Schemas["ClientWithSecret"]> =>
  answer(api.POST(root, { params: { header: { "Idempotency-Key": key } }, body }));

export function updateClient(
  clientId: string,
  etag: string,
  body: Schemas["ClientChange"],
): Promise<{ data: Client; etag: string }> {
  return answerWithETag(
    api.PUT(`${root}/{clientId}`, { params: { path: { clientId }, header: { "If-Match": etag } }, body }),
  );
}

export async function deleteClient(clientId: string, etag: string): Promise<void> {
  await answer(
    api.DELETE(`${root}/{clientId}`, { params: { path: { clientId }, header: { "If-Match": etag } } }),
  );
}

export const rotateSecret = (
  clientId: string,
  key: string,
  overlapHours: number,
): Promise<Schemas["ClientWithSecret"]> =>
  answer(
    api.POST(`${root}/{clientId}/secrets`, {
      params: { path: { clientId }, header: { "Idempotency-Key": key } },
      body: { overlapHours },
    }),
  );

export async function endSecret(clientId: string, secretId: string): Promise<void> {
  await answer(
    api.DELETE(`${root}/{clientId}/secrets/{secretId}`, { params: { path: { clientId, secretId } } }),
  );
}

export const checkClient = (clientId: string): Promise<Schemas["ClientCheckList"]> =>
  answer(api.POST(`${root}/{clientId}/checks`, { params: { path: { clientId } } }));

export type Role = Schemas["Role"];
export type StaffMember = Schemas["StaffMember"];
export type UnitRole = Schemas["UnitRole"];

export const staffQuery = infiniteQueryOptions({
  queryKey: ["staff"],
  queryFn: ({ pageParam }) =>
    answer(
      api.GET("/api/v1/admin/staff", {
        params: { query: pageParam === undefined ? {} : { cursor: pageParam } },
      }),
    ),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.nextCursor,
  staleTime: 0,
});

export const inviteStaff = (key: string, body: Schemas["StaffInvitation"]): Promise<StaffMember> =>
  answer(api.POST("/api/v1/admin/staff", { params: { header: { "Idempotency-Key": key } }, body }));

export const setStaffRoles = (staffId: string, body: Schemas["StaffRoles"]): Promise<StaffMember> =>
  answer(api.PUT("/api/v1/admin/staff/{staffId}/roles", { params: { path: { staffId } }, body }));

/** Organisational units of this portal whose name has some words. */
export const unitsQuery = (q: string) =>
  queryOptions({
    queryKey: ["units", q],
    queryFn: () =>
      answer(
        api.GET("/api/v1/admin/catalog/entries", {
          params: { query: { kind: "organisation", q, limit: 10 } },
        }),
      ),
    enabled: q.length >= 2,
  });

export async function endStaff(staffId: string): Promise<void> {
  await answer(api.DELETE("/api/v1/admin/staff/{staffId}", { params: { path: { staffId } } }));
}

/** Sets back what somebody signs in with; they set it up anew. */
export async function resetStaffFactors(staffId: string): Promise<void> {
  await answer(api.DELETE("/api/v1/admin/staff/{staffId}/factors", { params: { path: { staffId } } }));
}

/** What is looked for in the audit trail. */
export interface AuditSearch {
  actor?: string | undefined;
  action?: string | undefined;
  object?: string | undefined;
  from?: string | undefined;
  until?: string | undefined;
}

export const auditQuery = (search: AuditSearch) =>
  infiniteQueryOptions({
    queryKey: ["audit", search],
    queryFn: ({ pageParam }) =>
      answer(
        api.GET("/api/v1/admin/audit", { params: { query: defined({ ...search, cursor: pageParam }) } }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: keepPreviousData,
    staleTime: 0,
  });

export type IdentityLink = Schemas["IdentityLink"];

/** Whether mails go out, and how many come back. */
export const mailStateQuery = queryOptions({
  queryKey: ["mail-state"],
  queryFn: () => answer(api.GET("/api/v1/admin/mail")),
  staleTime: 0,
});

export const identityLinksQuery = queryOptions({
  queryKey: ["identity-links"],
  queryFn: () => answer(api.GET("/api/v1/admin/identity-providers")),
  staleTime: 0,
});

/** Reads what an identity provider publishes, now. */
export const checkIdentityLink = (providerId: string): Promise<IdentityLink> =>
  answer(
    api.POST("/api/v1/admin/identity-providers/{providerId}/check", { params: { path: { providerId } } }),
  );

export type AssociationState = Schemas["AssociationState"];
export type AssociationMember = Schemas["AssociationMember"];
export type MembershipRequest = Schemas["MembershipRequest"];
export type AreaClaim = Schemas["AreaClaim"];
export type AnchorSeen = Schemas["AnchorSeen"];

const association = "/api/v1/admin/association";

export const associationQuery = queryOptions({
  queryKey: ["association"],
  queryFn: () => answer(api.GET(association)),
  staleTime: 0,
  refetchInterval: 5000,
});

export const lookAtAnchor = (anchor: string): Promise<AnchorSeen> =>
  answer(api.POST(`${association}/anchor`, { body: { anchor } }));

export const joinAssociation = (body: Schemas["JoinRequest"]): Promise<AssociationState> =>
  answer(api.POST(`${association}/join`, { body }));

export const leaveAssociation = (reason: string): Promise<AssociationState> =>
  answer(api.POST(`${association}/leave`, { body: { reason } }));

export const grantMember = (memberId: string, body: Schemas["MembershipGrant"]): Promise<AssociationState> =>
  answer(api.POST(`${association}/members/{memberId}/grant`, { params: { path: { memberId } }, body }));

export type LinkFault = Schemas["LinkFault"];
export type LinkAlert = Schemas["LinkAlert"];
export type HistorySpan = Schemas["HistorySpan"];
export type AssociationHistory = Schemas["AssociationHistory"];

/** How the links were doing, of one portal or of all together. */
export const historyQuery = (span: HistorySpan, portal: string) =>
  queryOptions({
    queryKey: ["association", "history", span, portal],
    queryFn: () =>
      answer(
        api.GET(`${association}/history`, {
          params: { query: portal === "" ? { span } : { span, portal } },
        }),
      ),
    placeholderData: keepPreviousData,
    staleTime: 0,
    refetchInterval: 60_000,
  });

/** Makes the next keys; at once for a key that has become known. */
export const rotateKeys = (use: Schemas["RotatedKeys"], atOnce: boolean): Promise<AssociationState> =>
  answer(api.POST(`${association}/keys`, { body: { use, atOnce } }));

export type StuckMessage = Schemas["StuckMessage"];

/** Messages to a portal that are not delivered, the oldest first. */
export const stuckQuery = (portal: string) =>
  queryOptions({
    queryKey: ["association", "stuck", portal],
    queryFn: () => answer(api.GET(`${association}/messages`, { params: { query: { portal, limit: 100 } } })),
    staleTime: 0,
  });

export const resendMessage = (messageId: string): Promise<unknown> =>
  answer(api.POST(`${association}/messages/{messageId}/resend`, { params: { path: { messageId } } }));

/** Turns a request down, or removes a member. */
export const decideMember = (
  memberId: string,
  act: "refuse" | "remove",
  reason: string,
): Promise<AssociationState> =>
  act === "refuse"
    ? answer(
        api.POST(`${association}/members/{memberId}/refuse`, {
          params: { path: { memberId } },
          body: { reason },
        }),
      )
    : answer(
        api.POST(`${association}/members/{memberId}/remove`, {
          params: { path: { memberId } },
          body: { reason },
        }),
      );
