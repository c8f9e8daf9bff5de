import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answer, answerWithETag, api, type Schemas } from "../../api/client";
import { uploadFile } from "../../api/upload";

export type ProfileData = Schemas["ProfileData"];
export type Consent = Schemas["Consent"];

export const profileQuery = queryOptions({
  queryKey: ["profile"],
  queryFn: () => answerWithETag(api.GET("/api/v1/account/profile")),
  staleTime: 0,
});

/** The organisation that is acted for; for its account only. */
export const organisationQuery = queryOptions({
  queryKey: ["organisation-account"],
  queryFn: () => answer(api.GET("/api/v1/account/organisation")),
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

export const proposalsQuery = queryOptions({
  queryKey: ["proposals"],
  queryFn: () => answer(api.GET("/api/v1/account/proposals")),
  staleTime: 0,
});

export function acceptProposal(
  proposalId: string,
  items: Schemas["ProfileItem"][],
): Promise<{ data: Schemas["Profile"]; etag: string }> {
  return answerWithETag(
    api.POST("/api/v1/account/proposals/{proposalId}/accept", {
      params: { path: { proposalId } },
      body: { items },
    }),
  );
}

export async function discardProposal(proposalId: string): Promise<void> {
  await answer(api.DELETE("/api/v1/account/proposals/{proposalId}", { params: { path: { proposalId } } }));
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

export async function objectToAccess(accessId: string, text: string): Promise<void> {
  await answer(
    api.POST("/api/v1/account/access-log/{accessId}/objection", {
      params: { path: { accessId } },
      body: { text },
    }),
  );
}

/** All of the person's data as a file. */
export function exportAccount(format: "json" | "html" | "zip"): Promise<Blob> {
  return answer(
    api.GET("/api/v1/account/export", { params: { query: { format } }, parseAs: "blob" }),
  ) as Promise<Blob>;
}

export const deletionQuery = queryOptions({
  queryKey: ["deletion"],
  queryFn: () => answer(api.GET("/api/v1/account/deletion")),
  staleTime: 0,
});

export function deleteAccount(when: "later" | "now"): Promise<Schemas["Deletion"]> {
  return answer(api.POST("/api/v1/account/deletion", { body: { when } }));
}

export async function keepAccount(): Promise<void> {
  await answer(api.DELETE("/api/v1/account/deletion"));
}

export const sessionsQuery = queryOptions({
  queryKey: ["sessions"],
  queryFn: () => answer(api.GET("/api/v1/account/sessions")),
  staleTime: 0,
});

export async function endSession(sessionId: string): Promise<void> {
  await answer(api.DELETE("/api/v1/account/sessions/{sessionId}", { params: { path: { sessionId } } }));
}

export type Passkey = Schemas["Passkey"];

export const credentialsQuery = queryOptions({
  queryKey: ["credentials"],
  queryFn: () => answer(api.GET("/api/v1/account/credentials")),
  staleTime: 0,
});

export async function setPassword(password: string): Promise<void> {
  await answer(api.PUT("/api/v1/account/credentials/password", { body: { password } }));
}

export async function removePassword(): Promise<void> {
  await answer(api.DELETE("/api/v1/account/credentials/password"));
}

/** Has this device make a passkey, and the portal keep it. */
export async function addPasskey(name: string): Promise<Passkey> {
  const { ceremonyId, options } = await answer(api.POST("/api/v1/account/credentials/passkey-options"));
  const { createPasskey } = await import("../../lib/passkeys");
  const response = await createPasskey(options);
  return answer(api.POST("/api/v1/account/credentials/passkeys", { body: { ceremonyId, name, response } }));
}

export function renamePasskey(passkeyId: string, name: string): Promise<Passkey> {
  return answer(
    api.PATCH("/api/v1/account/credentials/passkeys/{passkeyId}", {
      params: { path: { passkeyId } },
      body: { name },
    }),
  );
}

export async function removePasskey(passkeyId: string): Promise<void> {
  await answer(
    api.DELETE("/api/v1/account/credentials/passkeys/{passkeyId}", { params: { path: { passkeyId } } }),
  );
}

export function beginOneTimeCodes(): Promise<Schemas["OneTimeCodeSetup"]> {
  return answer(api.POST("/api/v1/account/credentials/one-time-codes"));
}

export function confirmOneTimeCodes(code: string): Promise<Schemas["RecoveryCodes"]> {
  return answer(api.POST("/api/v1/account/credentials/one-time-codes/confirm", { body: { code } }));
}

export async function removeOneTimeCodes(): Promise<void> {
  await answer(api.DELETE("/api/v1/account/credentials/one-time-codes"));
}

export function replaceRecoveryCodes(): Promise<Schemas["RecoveryCodes"]> {
  return answer(api.POST("/api/v1/account/credentials/recovery-codes"));
}

export function reauthenticate(password: string): Promise<Schemas["Session"]> {
  return answer(api.POST("/api/v1/session/reauthentication", { body: { password } }));
}

export function proveCode(code: string): Promise<Schemas["Session"]> {
  return answer(api.POST("/api/v1/session/second-factor", { body: { code } }));
}

export async function requestEmailChange(email: string): Promise<void> {
  await answer(api.POST("/api/v1/account/email-changes", { body: { email } }));
}

export type SafeDocument = Schemas["SafeDocument"];

export const documentsQuery = queryOptions({
  queryKey: ["documents"],
  queryFn: () => answer(api.GET("/api/v1/account/documents")),
  staleTime: 0,
});

export const mailboxSettingsQuery = queryOptions({
  queryKey: ["mailbox-settings"],
  queryFn: () => answer(api.GET("/api/v1/account/mailbox-settings")),
  staleTime: 0,
});

export function setMailboxSettings(body: Schemas["MailboxSettings"]): Promise<Schemas["MailboxSettings"]> {
  return answer(api.PUT("/api/v1/account/mailbox-settings", { body }));
}

export function addDocument(file: File, onProgress: (part: number) => void): Promise<SafeDocument> {
  return uploadFile<SafeDocument>(
    `/api/v1/account/documents?name=${encodeURIComponent(file.name)}`,
    file,
    onProgress,
  );
}

export function changeDocument(
  documentId: string,
  body: Schemas["SafeDocumentLabel"],
): Promise<SafeDocument> {
  return answer(
    api.PUT("/api/v1/account/documents/{documentId}", { params: { path: { documentId } }, body }),
  );
}

export async function deleteDocument(documentId: string): Promise<void> {
  await answer(api.DELETE("/api/v1/account/documents/{documentId}", { params: { path: { documentId } } }));
}

export function restoreDocument(documentId: string): Promise<SafeDocument> {
  return answer(
    api.POST("/api/v1/account/documents/{documentId}/restore", { params: { path: { documentId } } }),
  );
}

export function readDocument(documentId: string): Promise<Blob> {
  return answer(
    api.GET("/api/v1/account/documents/{documentId}/content", {
      params: { path: { documentId } },
      parseAs: "blob",
    }),
  ) as unknown as Promise<Blob>;
}
