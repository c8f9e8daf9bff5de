import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answer, answerWithETag, api, type Schemas } from "../../api/client";
import type { Answers } from "../../forms/definition";
import { defined } from "../../lib/defined";

export type EntryKind = Schemas["EntryKind"];
export type EntryState = Schemas["EditorialState"];
export type EntrySummary = Schemas["EditorialEntrySummary"];
export type Finding = Schemas["EditorialFinding"];
export type TaskKind = Schemas["EditorialTaskKind"];
export type Task = Schemas["EditorialTask"];
export type Version = Schemas["EntryVersion"];
export type EditingSettings = Schemas["EditingSettings"];
/** An entry in the catalog's own model. */
export type Content = Answers;
/** An entry, and the revision that changes of it carry. */
export interface Entry {
  data: Schemas["EditorialEntry"];
  etag: string;
}

/** Names an entry. */
export interface Ref {
  kind: EntryKind;
  id: string;
}

export interface EntrySearch {
  kind: EntryKind;
  q?: string | undefined;
  state?: EntryState | undefined;
  serviceId?: string | undefined;
  organisationId?: string | undefined;
}

const root = "/api/v1/admin/catalog";

export const entriesQuery = (search: EntrySearch, limit = 20) =>
  infiniteQueryOptions({
    queryKey: ["editing", "entries", search, limit],
    queryFn: ({ pageParam }) =>
      answer(
        api.GET(`${root}/entries`, {
          params: { query: { ...defined({ ...search, cursor: pageParam, limit }), kind: search.kind } },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: keepPreviousData,
    staleTime: 0,
  });

const path = ({ kind, id }: Ref) => ({ kind, entryId: id });
const at = (ref: Ref, etag: string) => ({ params: { path: path(ref), header: { "If-Match": etag } } });

async function entry(call: Parameters<typeof answerWithETag<Schemas["EditorialEntry"]>>[0]): Promise<Entry> {
  return answerWithETag(call);
}

export const entryQuery = (ref: Ref) =>
  queryOptions({
    queryKey: ["editing", "entry", ref.kind, ref.id],
    queryFn: () => entry(api.GET(`${root}/entries/{kind}/{entryId}`, { params: { path: path(ref) } })),
    staleTime: 0,
  });

export const createEntry = (kind: EntryKind, content: Content, key: string): Promise<Entry> =>
  entry(
    api.POST(`${root}/entries`, {
      params: { header: { "Idempotency-Key": key } },
      body: { kind, content },
    }),
  );

/** Saves a draft; `released` names the state of what is released whose changes the draft has taken in. */
export const saveDraft = (ref: Ref, etag: string, content: Content, released?: string): Promise<Entry> =>
  entry(
    api.PUT(`${root}/entries/{kind}/{entryId}/draft`, {
      ...at(ref, etag),
      body: { content, ...defined({ released }) },
    }),
  );

/** What is done with an entry as it was read. */
export const acts = {
  discard: (ref: Ref, etag: string) =>
    entry(api.DELETE(`${root}/entries/{kind}/{entryId}/draft`, at(ref, etag))),
  remove: (ref: Ref, etag: string) => entry(api.DELETE(`${root}/entries/{kind}/{entryId}`, at(ref, etag))),
  undelete: (ref: Ref, etag: string) =>
    entry(api.POST(`${root}/entries/{kind}/{entryId}/undelete`, at(ref, etag))),
  reopen: (ref: Ref, etag: string) =>
    entry(api.POST(`${root}/entries/{kind}/{entryId}/reopen`, at(ref, etag))),
  followSource: (ref: Ref, etag: string) =>
    entry(api.POST(`${root}/entries/{kind}/{entryId}/follow-source`, at(ref, etag))),
  submit: (ref: Ref, etag: string, note: string) =>
    entry(api.POST(`${root}/entries/{kind}/{entryId}/submit`, { ...at(ref, etag), body: { note } })),
  withdraw: (ref: Ref, etag: string, note: string) =>
    entry(api.POST(`${root}/entries/{kind}/{entryId}/withdraw`, { ...at(ref, etag), body: { note } })),
  giveBack: (ref: Ref, etag: string, reason: string) =>
    entry(api.POST(`${root}/entries/{kind}/{entryId}/return`, { ...at(ref, etag), body: { reason } })),
  release: (ref: Ref, etag: string, note: string, when: string | undefined) =>
    entry(
      api.POST(`${root}/entries/{kind}/{entryId}/release`, {
        ...at(ref, etag),
        body: { note, ...defined({ at: when }) },
      }),
    ),
  restore: (ref: Ref, etag: string, number: number) =>
    entry(
      api.POST(`${root}/entries/{kind}/{entryId}/versions/{number}/restore`, {
        params: { path: { ...path(ref), number }, header: { "If-Match": etag } },
      }),
    ),
};

export const comment = (ref: Ref, reason: string, key: string): Promise<Entry> =>
  entry(
    api.POST(`${root}/entries/{kind}/{entryId}/comments`, {
      params: { path: path(ref), header: { "Idempotency-Key": key } },
      body: { reason },
    }),
  );

export const previewQuery = (ref: Ref, language: string) =>
  queryOptions({
    queryKey: ["editing", "preview", ref.kind, ref.id, language],
    queryFn: () =>
      answer(
        api.GET(`${root}/entries/{kind}/{entryId}/preview`, {
          params: { path: path(ref), query: { language } },
        }),
      ),
    staleTime: 0,
  });

export const versionsQuery = (ref: Ref) =>
  infiniteQueryOptions({
    queryKey: ["editing", "versions", ref.kind, ref.id],
    queryFn: ({ pageParam }) =>
      answer(
        api.GET(`${root}/entries/{kind}/{entryId}/versions`, {
          params: { path: path(ref), query: defined({ cursor: pageParam, limit: 50 }) },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
    staleTime: 0,
  });

/** A version with its content, which never changes. */
export const versionQuery = (ref: Ref, number: number) =>
  queryOptions({
    queryKey: ["editing", "version", ref.kind, ref.id, number],
    queryFn: () =>
      answer(
        api.GET(`${root}/entries/{kind}/{entryId}/versions/{number}`, {
          params: { path: { ...path(ref), number } },
        }),
      ),
    staleTime: Infinity,
  });

export const tasksQuery = (task: TaskKind | undefined) =>
  infiniteQueryOptions({
    queryKey: ["editing", "tasks", task],
    queryFn: ({ pageParam }) =>
      answer(api.GET(`${root}/tasks`, { params: { query: defined({ task, cursor: pageParam }) } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: keepPreviousData,
    staleTime: 0,
  });

export const settingsQuery = queryOptions({
  queryKey: ["editing", "settings"],
  queryFn: () => answerWithETag(api.GET(`${root}/settings`)),
  staleTime: 0,
});

export const saveSettings = (etag: string, settings: EditingSettings) =>
  answerWithETag(api.PUT(`${root}/settings`, { params: { header: { "If-Match": etag } }, body: settings }));

/** Forms by which one can apply, by a part of the title or the id. */
export const formsQuery = (q: string) =>
  queryOptions({
    queryKey: ["editing", "forms", q],
    queryFn: ({ signal }) =>
      answer(api.GET(`${root}/forms`, { params: { query: { q, limit: 10 } }, signal })),
    enabled: q !== "",
    staleTime: 60_000,
    placeholderData: keepPreviousData,
  });

/** Places by name, postal code or key. */
export const areasQuery = (q: string) =>
  queryOptions({
    queryKey: ["places", q],
    queryFn: ({ signal }) =>
      answer(api.GET("/api/v1/places", { params: { query: { q, limit: 10 } }, signal })),
    enabled: q.trim().length >= 2,
    staleTime: 10 * 60_000,
    placeholderData: keepPreviousData,
  });

export const areaQuery = (ars: string) =>
  queryOptions({
    queryKey: ["place", ars],
    queryFn: () => answer(api.GET("/api/v1/places/{ars}", { params: { path: { ars } } })),
    enabled: /^\d{12}$/.test(ars),
    staleTime: 60 * 60_000,
  });

export const situationsQuery = queryOptions({
  queryKey: ["categories"],
  queryFn: () => answer(api.GET("/api/v1/categories")),
  staleTime: 5 * 60_000,
});
