import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answer, answerWithETag, api, type Schemas } from "../../api/client";
import { defined } from "../../lib/defined";
import type { FormDefinition, FormLayout, FormSchema } from "../../forms/definition";

/** A case, with the version that was read, for changes. */
export type Case = Schemas["Case"] & { etag: string };
export type Colleague = Schemas["Colleague"];
export type CaseView = Schemas["CaseView"];
export type CaseTemplate = Schemas["CaseTemplate"];
export type CaseTemplateUse = Schemas["CaseTemplateUse"];
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

/** What the inbox is narrowed by, in the words of the contract. */
export type CaseFilter = Omit<CaseView, "name">;

/** Where counting the cases of a state ends. */
export const mostCounted = 1000;

export const casesQuery = (filter: CaseFilter) =>
  infiniteQueryOptions({
    queryKey: ["cases", filter],
    queryFn: ({ pageParam }) =>
      answer(
        api.GET("/api/v1/cases", { params: { query: { ...filter, ...defined({ cursor: pageParam }) } } }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: keepPreviousData,
    staleTime: 0,
  });

/** A page of a list that is gone through; what is live in lists does not change it. */
export const walkQuery = (filter: CaseFilter, cursor: string | undefined) =>
  queryOptions({
    queryKey: ["caseWalk", filter, cursor],
    queryFn: () =>
      answer(api.GET("/api/v1/cases", { params: { query: { ...filter, ...defined({ cursor }) } } })),
  });

/** The case to do next: of the caller's own the one that is due first, else of those that nobody has. */
export const nextCaseQuery = queryOptions({
  queryKey: ["cases", "next"],
  queryFn: async () => {
    for (const assignee of ["me", "nobody"]) {
      const query = { assignee, open: true, sort: "due", limit: 1 } as const;
      const first = (await answer(api.GET("/api/v1/cases", { params: { query } }))).items[0];
      if (first !== undefined) return first;
    }
    return null;
  },
  staleTime: 0,
});

export const caseQuery = (caseId: string) =>
  queryOptions({
    queryKey: ["case", caseId],
    queryFn: () => versioned(api.GET("/api/v1/cases/{caseId}", { params: { path: { caseId } } })),
  });

async function versioned(call: Parameters<typeof answerWithETag<Schemas["Case"]>>[0]): Promise<Case> {
  const { data, etag } = await answerWithETag(call);
  return { ...data, etag };
}

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
  return versioned(
    api.POST("/api/v1/cases/{caseId}/start", {
      params: { path: { caseId }, header: { "Idempotency-Key": key } },
    }),
  );
}

export function askQuestion(caseId: string, question: Schemas["CaseQuestion"], key: string): Promise<Case> {
  return versioned(
    api.POST("/api/v1/cases/{caseId}/questions", {
      params: { path: { caseId }, header: { "Idempotency-Key": key } },
      body: question,
    }),
  );
}

/** Writes to the citizen without asking for anything. */
export function writeCaseMessage(caseId: string, text: string, key: string): Promise<Case> {
  return versioned(
    api.POST("/api/v1/cases/{caseId}/message", {
      params: { path: { caseId }, header: { "Idempotency-Key": key } },
      body: { text },
    }),
  );
}

/** Closes a case without a decision; final. */
export function closeCase(caseId: string, text: string, key: string): Promise<Case> {
  return versioned(
    api.POST("/api/v1/cases/{caseId}/close", {
      params: { path: { caseId }, header: { "Idempotency-Key": key } },
      body: { text },
    }),
  );
}

export function decideCase(caseId: string, decision: Schemas["Decision"], key: string): Promise<Case> {
  return versioned(
    api.POST("/api/v1/cases/{caseId}/decision", {
      params: { path: { caseId }, header: { "Idempotency-Key": key } },
      body: decision,
    }),
  );
}

/** Keeps a case from being deleted; without a reason it is held no longer. */
export function holdCase(caseId: string, reason?: string): Promise<Case> {
  const path = { caseId };
  return versioned(
    reason === undefined
      ? api.DELETE("/api/v1/cases/{caseId}/hold", { params: { path } })
      : api.PUT("/api/v1/cases/{caseId}/hold", { params: { path }, body: { reason } }),
  );
}

/** What the decision of a case begins from. */
export const decisionDraftQuery = (caseId: string) =>
  queryOptions({
    queryKey: ["decisionDraft", caseId], // no part of the case, which is read again when it is decided
    queryFn: () => answer(api.GET("/api/v1/cases/{caseId}/decision", { params: { path: { caseId } } })),
    staleTime: 0,
  });

/** The PDF of a decision before it goes out. */
export async function previewDecision(caseId: string, decision: Schemas["Decision"]): Promise<Blob> {
  return (await answer(
    api.POST("/api/v1/cases/{caseId}/decision/preview", {
      params: { path: { caseId } },
      body: decision,
      parseAs: "blob",
    }),
  )) as Blob;
}

export function decisionPaperAddress(caseId: string): string {
  return `/api/v1/cases/${caseId}/decision/paper`;
}

export function caseFileAddress(caseId: string): string {
  return `/api/v1/cases/${caseId}/file`;
}

/** Agrees to a decision that waits, as it was read. */
export function agreeDecision(item: Case, key: string): Promise<Case> {
  return versioned(
    api.POST("/api/v1/cases/{caseId}/decision/agreement", {
      params: { path: { caseId: item.id }, header: { "Idempotency-Key": key, "If-Match": item.etag } },
    }),
  );
}

/** Gives back a decision that waits. */
export function returnDecision(caseId: string, text: string, key: string): Promise<Case> {
  return versioned(
    api.POST("/api/v1/cases/{caseId}/decision/return", {
      params: { path: { caseId }, header: { "Idempotency-Key": key } },
      body: { text },
    }),
  );
}

export function caseAttachmentAddress(caseId: string, attachmentId: string): string {
  return `/api/v1/cases/${caseId}/attachments/${attachmentId}`;
}

/** Gives a case to somebody or sets its date, unless it was changed since it was read. */
export function planCase(item: Case, plan: Schemas["CasePlan"]): Promise<Case> {
  return versioned(
    api.PATCH("/api/v1/cases/{caseId}", {
      params: { path: { caseId: item.id }, header: { "If-Match": item.etag } },
      body: plan,
    }),
  );
}

export function noteCase(caseId: string, text: string, key: string): Promise<Case> {
  return versioned(
    api.POST("/api/v1/cases/{caseId}/notes", {
      params: { path: { caseId }, header: { "Idempotency-Key": key } },
      body: { text },
    }),
  );
}

/** Who may be given a case; without one, the colleagues of the caller. */
export const colleaguesQuery = (caseId?: string) =>
  queryOptions({
    queryKey: ["colleagues", caseId],
    queryFn: async () =>
      (await answer(api.GET("/api/v1/cases/colleagues", { params: { query: defined({ case: caseId }) } })))
        .items,
    staleTime: 0,
  });

export type Deputy = Schemas["CaseDeputy"];

/** Who stands in for the caller, and for whom the caller does. */
export const deputiesQuery = queryOptions({
  queryKey: ["caseDeputies"],
  queryFn: () => answer(api.GET("/api/v1/cases/deputies")),
  staleTime: 0,
});

export const setDeputy = (body: Schemas["CaseDeputyRequest"]) =>
  answer(api.PUT("/api/v1/cases/deputies", { body }));

export const endDeputy = () => answer(api.DELETE("/api/v1/cases/deputies"));

export const viewsQuery = queryOptions({
  queryKey: ["caseViews"],
  queryFn: async () => (await answer(api.GET("/api/v1/cases/views"))).items,
});

export const saveViews = async (items: CaseView[]) =>
  (await answer(api.PUT("/api/v1/cases/views", { body: { items } }))).items;

export type DeskSettings = Schemas["DeskSettings"];

/** How the caller works at the desk. */
export const deskSettingsQuery = queryOptions({
  queryKey: ["deskSettings"],
  queryFn: () => answer(api.GET("/api/v1/cases/settings")),
  staleTime: Infinity,
});

export const saveDeskSettings = (body: DeskSettings) => answer(api.PUT("/api/v1/cases/settings", { body }));

export const templatesQuery = queryOptions({
  queryKey: ["caseTemplates"],
  queryFn: async () => (await answer(api.GET("/api/v1/cases/templates"))).items,
});

export const templateUses: readonly CaseTemplateUse[] = [
  "question",
  "message",
  "granted",
  "refused",
  "closed",
  "note",
  "remedy",
  "serviceRemedy",
];

export type TemplateText = Schemas["CaseTemplateText"];

/** Writes a text template, or changes the one with the id. */
export function saveTemplate(id: string | undefined, text: TemplateText, key: string): Promise<CaseTemplate> {
  return id === undefined
    ? answer(
        api.POST("/api/v1/cases/templates", { params: { header: { "Idempotency-Key": key } }, body: text }),
      )
    : answer(
        api.PUT("/api/v1/cases/templates/{templateId}", {
          params: { path: { templateId: id } },
          body: text,
        }),
      );
}

export async function deleteTemplate(id: string): Promise<void> {
  await answer(api.DELETE("/api/v1/cases/templates/{templateId}", { params: { path: { templateId: id } } }));
}

/** The name of an organisational unit; its id, where there is no such unit any more. */
export const unitNameQuery = (id: string) =>
  queryOptions({
    queryKey: ["unitName", id],
    queryFn: async () =>
      (
        await answer(
          api.GET("/api/v1/organisations/{organisationId}", { params: { path: { organisationId: id } } }),
        )
      ).name,
    retry: false,
    staleTime: Infinity,
  });

export type FeeToSet = Schemas["FeeToSet"];

/** What was asked for a case, as the portal sees it whose money it is, and what is still to be set. */
export const caseFeesQuery = (caseId: string) =>
  queryOptions({
    queryKey: ["case", caseId, "payments"],
    queryFn: () => answer(api.GET("/api/v1/cases/{caseId}/payments", { params: { path: { caseId } } })),
    staleTime: 0,
  });

/** Sets the fee of a case. */
export function setFee(
  caseId: string,
  key: string,
  fee: Schemas["FeeRequest"],
): Promise<Schemas["PaymentRecord"]> {
  return answer(
    api.POST("/api/v1/cases/{caseId}/payments", {
      params: { path: { caseId }, header: { "Idempotency-Key": key } },
      body: fee,
    }),
  );
}

/** Says that no fee is asked for a case after all, and why. */
export function setNoFee(caseId: string, key: string, reason: string): Promise<Schemas["CasePayments"]> {
  return answer(
    api.POST("/api/v1/cases/{caseId}/no-fee", {
      params: { path: { caseId }, header: { "Idempotency-Key": key } },
      body: { reason },
    }),
  );
}

/** Records that what is owed of a fee (in cents) was paid in cash. */
export function payCash(
  caseId: string,
  paymentId: string,
  key: string,
  amount: number,
): Promise<Schemas["PaymentRecord"]> {
  return answer(
    api.POST("/api/v1/cases/{caseId}/payments/{paymentId}/cash", {
      params: { path: { caseId, paymentId }, header: { "Idempotency-Key": key } },
      body: { amount },
    }),
  );
}

/** Asks for less of a fee than before, or for nothing. */
export function reduceFee(
  caseId: string,
  paymentId: string,
  key: string,
  amount: number,
  reason: string,
): Promise<Schemas["PaymentRecord"]> {
  return answer(
    api.POST("/api/v1/cases/{caseId}/payments/{paymentId}/reduction", {
      params: { path: { caseId, paymentId }, header: { "Idempotency-Key": key } },
      body: { amount, reason },
    }),
  );
}

/** Days, as `2026-11-30`; without, the portal takes the last 90. */
export interface Period {
  from?: string;
  to?: string;
}

export const statisticsQuery = (period: Period) =>
  queryOptions({
    queryKey: ["caseStatistics", period],
    queryFn: () => answer(api.GET("/api/v1/cases/statistics", { params: { query: period } })),
    placeholderData: keepPreviousData,
    staleTime: 0,
  });

export function statisticsAddress(period: Period): string {
  const query = new URLSearchParams(defined({ from: period.from, to: period.to })).toString();
  return `/api/v1/cases/statistics.csv${query === "" ? "" : `?${query}`}`;
}
