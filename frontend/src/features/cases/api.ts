import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "../../api/client";
import type { FormDefinition, FormLayout, FormSchema } from "../../forms/definition";

export type Case = Schemas["Case"];
export type CaseState = Schemas["CaseState"];
export type CaseSummary = Schemas["CaseSummary"];

/** States by which the inbox can be narrowed, in the order of the work. */
export const caseStates: readonly CaseState[] = [
  "received",
  "inProgress",
  "question",
  "granted",
  "refused",
  "withdrawn",
  "closed",
];

/** Whether a case can still be asked about and decided. */
export function isOpen(state: CaseState): boolean {
  return state === "received" || state === "inProgress" || state === "question";
}

export const casesQuery = (state: CaseState | undefined, q: string | undefined) =>
  infiniteQueryOptions({
    queryKey: ["cases", state, q],
    queryFn: ({ pageParam }) =>
      answer(
        api.GET("/api/v1/cases", {
          params: {
            query: {
              ...(state !== undefined && { state }),
              ...(q !== undefined && { q }),
              ...(pageParam !== undefined && { cursor: pageParam }),
            },
          },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: keepPreviousData,
    staleTime: 0,
  });

export const caseQuery = (caseId: string) =>
  queryOptions({
    queryKey: ["case", caseId],
    queryFn: () => answer(api.GET("/api/v1/cases/{caseId}", { params: { path: { caseId } } })),
  });

/** The form that a case was filled in with, in its version; it never changes. */
export const caseFormQuery = (formId: string, version: number) =>
  queryOptions({
    queryKey: ["form", formId, version],
    queryFn: async (): Promise<FormDefinition> => {
      const form = await answer(
        api.GET("/api/v1/forms/{formId}", { params: { path: { formId }, query: { version } } }),
      );
      return { schema: form.schema as FormSchema, layout: form.layout as FormLayout };
    },
    staleTime: Infinity,
  });

export function startCase(caseId: string, key: string): Promise<Case> {
  return answer(
    api.POST("/api/v1/cases/{caseId}/start", {
      params: { path: { caseId }, header: { "Idempotency-Key": key } },
    }),
  );
}

export function askQuestion(caseId: string, text: string, key: string): Promise<Case> {
  return answer(
    api.POST("/api/v1/cases/{caseId}/questions", {
      params: { path: { caseId }, header: { "Idempotency-Key": key } },
      body: { text },
    }),
  );
}

export function decideCase(caseId: string, decision: Schemas["Decision"], key: string): Promise<Case> {
  return answer(
    api.POST("/api/v1/cases/{caseId}/decision", {
      params: { path: { caseId }, header: { "Idempotency-Key": key } },
      body: decision,
    }),
  );
}

export function caseAttachmentAddress(caseId: string, attachmentId: string): string {
  return `/api/v1/cases/${caseId}/attachments/${attachmentId}`;
}
