import { infiniteQueryOptions, queryOptions, type QueryClient } from "@tanstack/react-query";
import { answer, answerWithETag, api, type Schemas } from "../../api/client";
import { ConnectionProblem } from "../../api/problem";
import { uploadFile } from "../../api/upload";
import { uploadInParts, type UploadProgress } from "../../api/uploadInParts";
import type { FormDefinition, FormLayout, FormSchema } from "../../forms/definition";
import { defined } from "../../lib/defined";

export type Application = Schemas["Application"];
export type ApplicationState = Schemas["ApplicationState"];
export type Attachment = Schemas["Attachment"];
export type UnfinishedUpload = Schemas["UnfinishedUpload"];
export type TimelineEvent = Schemas["TimelineEvent"];
export type ProcessingTime = Schemas["ProcessingTime"];

/** An application with the version that changes must name. */
export interface VersionedApplication {
  data: Application;
  etag: string;
}

/** States in which the authority still works on an application, so that the person may write or withdraw. */
const openStates: ReadonlySet<ApplicationState> = new Set([
  "submitted",
  "received",
  "inProgress",
  "question",
]);

export function isOpen(application: Application): boolean {
  return openStates.has(application.state);
}

export const applicationsQuery = infiniteQueryOptions({
  queryKey: ["applications"],
  queryFn: ({ pageParam }) =>
    answer(
      api.GET("/api/v1/applications", {
        params: { query: pageParam === undefined ? {} : { cursor: pageParam } },
      }),
    ),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.nextCursor,
});

export const draftsQuery = queryOptions({
  queryKey: ["applications", "drafts"],
  queryFn: () => answer(api.GET("/api/v1/applications", { params: { query: { state: "draft" } } })),
});

export const applicationQuery = (applicationId: string) =>
  queryOptions({
    queryKey: ["application", applicationId],
    queryFn: (): Promise<VersionedApplication> =>
      answerWithETag(
        api.GET("/api/v1/applications/{applicationId}", { params: { path: { applicationId } } }),
      ),
    staleTime: 0,
  });

/** How long a service usually takes at a place; null where the catalog does not say, or has the service no more. */
export const processingTimeQuery = (serviceId: string, ars: string) =>
  queryOptions({
    queryKey: ["processingTime", serviceId, ars],
    queryFn: async () => {
      const service = await answer(
        api.GET("/api/v1/services/{serviceId}", { params: { path: { serviceId }, query: { ars } } }),
      );
      return service.processingTime ?? null;
    },
    retry: false,
    staleTime: Infinity,
  });

/** Milliseconds until it is asked again what the virus scanner says. */
const askAgain = 3000;

/** The files of a draft, or of an answer that is not sent yet, as long as some of them wait for the virus scanner. */
export const checksQuery = (applicationId: string, waiting: readonly string[]) =>
  queryOptions({
    queryKey: ["application", applicationId, "checks", ...waiting],
    queryFn: async () => {
      const application = await answer(
        api.GET("/api/v1/applications/{applicationId}", { params: { path: { applicationId } } }),
      );
      return [...application.attachments, ...(application.answer?.attachments ?? [])];
    },
    enabled: waiting.length > 0,
    refetchInterval: ({ state }) =>
      state.data?.some((file) => file.check === "pending") === false ? false : askAgain,
    staleTime: 0,
    gcTime: 0,
  });

/** Takes over an application that a change has answered. */
export function keepApplication(client: QueryClient, application: VersionedApplication): void {
  client.setQueryData(applicationQuery(application.data.id).queryKey, application);
  void client.invalidateQueries({ queryKey: ["applications"] });
}

/** Schema and layout of a form in the version that the draft began with; it never changes. */
/** A form; without a version the newest. */
export const formQuery = (formId: string, version?: number) =>
  queryOptions({
    queryKey: ["form", formId, version],
    queryFn: async (): Promise<FormDefinition> => {
      const form = await answer(
        api.GET("/api/v1/forms/{formId}", { params: { path: { formId }, query: defined({ version }) } }),
      );
      return { schema: form.schema as FormSchema, layout: form.layout as FormLayout };
    },
    staleTime: Infinity,
  });

export const serviceQuery = (serviceId: string, ars: string | undefined) =>
  queryOptions({
    queryKey: ["service", serviceId, ars],
    queryFn: () =>
      answer(
        api.GET("/api/v1/services/{serviceId}", {
          params: { path: { serviceId }, query: ars === undefined ? {} : { ars } },
        }),
      ),
  });

export const offersQuery = (serviceId: string, ars: string | undefined) =>
  queryOptions({
    queryKey: ["offers", serviceId, ars],
    queryFn: () =>
      answer(
        api.GET("/api/v1/services/{serviceId}/offers", {
          params: { path: { serviceId }, query: ars === undefined ? {} : { ars } },
        }),
      ),
  });

/** The person's data at the account home for this service, or the way to a consent. Not kept longer than the page. */
export const prefillQuery = (serviceId: string) =>
  queryOptions({
    queryKey: ["prefill", serviceId],
    queryFn: () => answer(api.GET("/api/v1/account/prefill", { params: { query: { serviceId } } })),
    staleTime: 60_000,
    gcTime: 0,
    retry: false,
  });

export const receiptQuery = (applicationId: string) =>
  queryOptions({
    queryKey: ["receipt", applicationId],
    queryFn: () =>
      answer(
        api.GET("/api/v1/applications/{applicationId}/receipt", { params: { path: { applicationId } } }),
      ),
    staleTime: 0,
  });

export function createApplication(offerId: string, ars: string, key: string): Promise<VersionedApplication> {
  return answerWithETag(
    api.POST("/api/v1/applications", {
      params: { header: { "Idempotency-Key": key } },
      body: { offerId, ars },
    }),
  );
}

export function saveDraft(
  applicationId: string,
  etag: string,
  change: Schemas["DraftChange"],
): Promise<VersionedApplication> {
  return answerWithETag(
    api.PATCH("/api/v1/applications/{applicationId}", {
      params: { path: { applicationId }, header: { "If-Match": etag } },
      body: change,
    }),
  );
}

export async function deleteDraft(applicationId: string): Promise<void> {
  await answer(api.DELETE("/api/v1/applications/{applicationId}", { params: { path: { applicationId } } }));
}

/** What an application costs now, once its answers are saved. Not kept: it is reckoned anew whenever it is shown. */
export const feeQuery = (applicationId: string, save: () => Promise<boolean>) =>
  queryOptions({
    queryKey: ["fee", applicationId],
    queryFn: async () => {
      await save();
      const application = await answer(
        api.GET("/api/v1/applications/{applicationId}", { params: { path: { applicationId } } }),
      );
      return application.fee ?? null;
    },
    staleTime: 0,
    gcTime: 0,
  });

/** What was asked for an application that is submitted. */
export const feesQuery = (applicationId: string) =>
  queryOptions({
    queryKey: ["payments", applicationId],
    queryFn: () => answer(api.GET("/api/v1/payments", { params: { query: { applicationId } } })),
    staleTime: 0,
  });

/** Submits. `fee` is what the person was shown, in cents; the portal refuses when it is another one now. */
export function submitApplication(
  applicationId: string,
  fee: number | undefined,
  key: string,
): Promise<VersionedApplication> {
  return answerWithETag(
    api.POST("/api/v1/applications/{applicationId}/submit", {
      params: {
        path: { applicationId },
        query: fee === undefined ? {} : { fee },
        header: { "Idempotency-Key": key },
      },
    }),
  );
}

/** A helper gives a draft to the person it is for. */
export async function handOverDraft(applicationId: string, key: string): Promise<void> {
  await answer(
    api.POST("/api/v1/applications/{applicationId}/hand-over", {
      params: { path: { applicationId }, header: { "Idempotency-Key": key } },
    }),
  );
}

export function withdrawApplication(applicationId: string, key: string): Promise<VersionedApplication> {
  return answerWithETag(
    api.POST("/api/v1/applications/{applicationId}/withdraw", {
      params: { path: { applicationId }, header: { "Idempotency-Key": key } },
    }),
  );
}

/** Writes to the authority, with what it has asked for. */
export function answerAuthority(
  applicationId: string,
  body: Schemas["ApplicationAnswer"],
  key: string,
): Promise<TimelineEvent> {
  return answer(
    api.POST("/api/v1/applications/{applicationId}/messages", {
      params: { path: { applicationId }, header: { "Idempotency-Key": key } },
      body,
    }),
  );
}

/** Bytes up to which a file is sent in one request; a larger one in parts, so that it goes on where the line broke. */
const inOneRequest = 1024 * 1024;
/** Milliseconds until an upload that has arrived is looked for among the attachments again. */
const lookAgain = 700;

const uploadsAddress = (applicationId: string) => `/api/v1/applications/${applicationId}/uploads`;

/** Sends a file for a field of the form, or for a document that was asked for (`#` and its id); `unfinished` are uploads of the draft, of which one may be the beginning of this file. */
export async function uploadAttachment(
  applicationId: string,
  file: File,
  field: string,
  watch: { onProgress: (progress: UploadProgress) => void; signal?: AbortSignal | undefined },
  unfinished: readonly UnfinishedUpload[],
): Promise<Attachment> {
  if (file.size <= inOneRequest) {
    const query = new URLSearchParams({ name: file.name, field });
    return uploadFile<Attachment>(
      `/api/v1/applications/${applicationId}/attachments?${query}`,
      file,
      (part) => watch.onProgress({ part }),
      watch.signal,
    );
  }
  const fingerprint = await fingerprintOf(file);
  const before = unfinished.find((upload) => upload.field === field && upload.fingerprint === fingerprint);
  const endpoint = uploadsAddress(applicationId);
  const url = await uploadInParts(file, {
    endpoint,
    uploadUrl: before && `${endpoint}/${before.id}`,
    metadata: { filename: file.name, field, fingerprint },
    ...watch,
  });
  return takenOver(applicationId, url.split("/").at(-1) ?? "", watch.signal);
}

/** Waits until the portal has made an attachment of an upload that has arrived. */
async function takenOver(
  applicationId: string,
  uploadId: string,
  signal: AbortSignal | undefined,
): Promise<Attachment> {
  for (;;) {
    signal?.throwIfAborted();
    try {
      const application = await answer(
        api.GET("/api/v1/applications/{applicationId}", { params: { path: { applicationId } } }),
      );
      const { answer: prepared, attachments, uploads = [] } = application;
      const arrived = [...attachments, ...(prepared?.attachments ?? [])];
      const attachment = arrived.find((file) => file.id === uploadId);
      if (attachment !== undefined) return attachment;
      const running = [...uploads, ...(prepared?.uploads ?? [])];
      if (!running.some((upload) => upload.id === uploadId)) {
        throw new Error("the upload is gone");
      }
    } catch (error) {
      if (!(error instanceof ConnectionProblem)) throw error; // else it is asked again
    }
    await new Promise((resolve) => setTimeout(resolve, lookAgain));
  }
}

/** By what a file is known again: its name, size and time, of which nobody can tell the name. */
async function fingerprintOf(file: File): Promise<string> {
  const text = JSON.stringify([file.name, file.size, file.lastModified]);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Gives an upload up. */
export async function endUpload(applicationId: string, uploadId: string): Promise<void> {
  await answer(
    api.DELETE("/api/v1/applications/{applicationId}/uploads/{uploadId}", {
      params: { path: { applicationId, uploadId }, header: { "Tus-Resumable": "1.0.0" } },
    }),
  );
}

export type SafeDocument = Schemas["SafeDocument"];

/** What lies in the person's safe, as the account home says now. */
export const safeQuery = queryOptions({
  queryKey: ["safe"],
  queryFn: () => answer(api.GET("/api/v1/account/documents")),
  staleTime: 0,
  gcTime: 0,
});

/** Adds a document of the safe to a draft, by reference. */
export function attachFromSafe(
  applicationId: string,
  documentId: string,
  field: string,
): Promise<Attachment> {
  return answer(
    api.POST("/api/v1/applications/{applicationId}/attachments/from-safe", {
      params: { path: { applicationId } },
      body: { documentId, field },
    }),
  );
}

export async function deleteAttachment(applicationId: string, attachmentId: string): Promise<void> {
  await answer(
    api.DELETE("/api/v1/applications/{applicationId}/attachments/{attachmentId}", {
      params: { path: { applicationId, attachmentId } },
    }),
  );
}

export function attachmentAddress(applicationId: string, attachmentId: string): string {
  return `/api/v1/applications/${applicationId}/attachments/${attachmentId}`;
}

/** Where a document that came with a status or message is downloaded. */
export function documentAddress(applicationId: string, documentId: string) {
  return `/api/v1/applications/${applicationId}/documents/${documentId}`;
}

/** Consents to this portal's reading the profile for a service; only at the account home itself. */
/** Keeps answers in the profile, or proposes them to the account home. */
export function keepAnswers(
  serviceId: string,
  data: Schemas["ProfilePart"],
): Promise<Schemas["KeptAnswersState"]> {
  return answer(api.POST("/api/v1/account/kept-answers", { body: { serviceId, data } }));
}

export function giveConsent(serviceId: string): Promise<Schemas["Consent"]> {
  return answer(api.POST("/api/v1/account/consents", { body: { serviceId } }));
}
