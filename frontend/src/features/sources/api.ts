import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answer, answerWithETag, api, type Schemas } from "../../api/client";
import { uploadFile } from "../../api/upload";
import { defined } from "../../lib/defined";

export type Source = Schemas["Source"];
export type SourceKind = Schemas["SourceKind"];
export type SourceField = Schemas["SourceField"];
export type SourceChange = Schemas["SourceChange"];
export type Schedule = Schemas["SourceSchedule"];
export type Run = Schemas["ImportRun"];
export type RunState = Run["state"];
export type Note = Schemas["ImportNote"];
export type Difference = Schemas["ImportDifference"];
export type Outcome = Difference["outcome"];

const root = "/api/v1/admin/sources";
const runs = "/api/v1/admin/import-runs";
const lookAgain = 1_000;

/** Whether something is about to happen with a run without anybody doing anything. */
export const isUnderWay = ({ state }: Run): boolean =>
  state === "waiting" || state === "reading" || state === "applying";

const whileUnderWay = (run: Run | undefined) => (run && isUnderWay(run) ? lookAgain : false);

export const kindsQuery = (language: string) =>
  queryOptions({
    queryKey: ["sources", "kinds", language],
    queryFn: async () => (await answer(api.GET("/api/v1/admin/source-kinds"))).items,
    staleTime: 10 * 60_000,
  });

export const sourcesQuery = queryOptions({
  queryKey: ["sources", "list"],
  queryFn: async () => (await answer(api.GET(root))).items,
  staleTime: 0,
  refetchInterval: ({ state }) =>
    state.data?.some(({ lastRun }) => lastRun && isUnderWay(lastRun)) ? lookAgain : false,
});

const at = (sourceId: string) => ({ path: { sourceId } });

export const sourceQuery = (id: string) =>
  queryOptions({
    queryKey: ["sources", "source", id],
    queryFn: () => answerWithETag(api.GET(`${root}/{sourceId}`, { params: at(id) })),
    staleTime: 0,
    refetchInterval: ({ state }) => whileUnderWay(state.data?.data.lastRun),
  });

export const createSource = (key: string, kind: string, source: SourceChange) =>
  answer(api.POST(root, { params: { header: { "Idempotency-Key": key } }, body: { kind, ...source } }));

export const updateSource = (id: string, etag: string, source: SourceChange) =>
  answer(
    api.PUT(`${root}/{sourceId}`, { params: { ...at(id), header: { "If-Match": etag } }, body: source }),
  );

export const deleteSource = (id: string, etag: string) =>
  answer(api.DELETE(`${root}/{sourceId}`, { params: { ...at(id), header: { "If-Match": etag } } }));

export const startRun = (id: string, key: string, dryRun: boolean, fromTheBeginning: boolean) =>
  answer(
    api.POST(`${root}/{sourceId}/runs`, {
      params: { ...at(id), header: { "Idempotency-Key": key } },
      body: { dryRun, fromTheBeginning },
    }),
  );

/** Sends a file and begins a run of it; `onProgress` hears how much has been sent (0 to 1). */
export const uploadRun = (
  file: File,
  key: string,
  options: { dryRun: boolean; complete: boolean },
  onProgress: (part: number) => void,
  signal: AbortSignal,
) => {
  const query = new URLSearchParams({
    name: file.name,
    dryRun: String(options.dryRun),
    complete: String(options.complete),
  });
  return uploadFile<Run>(`${runs}?${query}`, file, onProgress, signal, { "Idempotency-Key": key });
};

/** The runs of a source, or all runs; the newest first. */
export const runsQuery = (sourceId?: string) =>
  infiniteQueryOptions({
    queryKey: ["sources", "runs", sourceId],
    queryFn: ({ pageParam }) =>
      answer(api.GET(runs, { params: { query: defined({ sourceId, cursor: pageParam, limit: 10 }) } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
    staleTime: 0,
    refetchInterval: ({ state }) =>
      state.data?.pages.some((page) => page.items.some(isUnderWay)) ? lookAgain : false,
  });

const of = (runId: string) => ({ path: { runId } });
const once = (runId: string, key: string) => ({
  params: { ...of(runId), header: { "Idempotency-Key": key } },
});

export const runQuery = (id: string) =>
  queryOptions({
    queryKey: ["sources", "run", id],
    queryFn: () => answer(api.GET(`${runs}/{runId}`, { params: of(id) })),
    staleTime: 0,
    refetchInterval: ({ state }) => whileUnderWay(state.data),
  });

/** What can be done about a run. Each gives the run that goes on. */
export const acts = {
  apply: (id: string, key: string) => answer(api.POST(`${runs}/{runId}/apply`, once(id, key))),
  resume: (id: string, key: string) => answer(api.POST(`${runs}/{runId}/resume`, once(id, key))),
  cancel: (id: string) => answer(api.POST(`${runs}/{runId}/cancel`, { params: of(id) })),
  undo: (id: string, key: string, force: boolean) =>
    answer(api.POST(`${runs}/{runId}/undo`, { ...once(id, key), body: { force } })),
};

export interface NoteSearch {
  skipped?: boolean | undefined;
  q?: string | undefined;
}

export const notesQuery = (id: string, search: NoteSearch) =>
  infiniteQueryOptions({
    queryKey: ["sources", "notes", id, search],
    queryFn: ({ pageParam }) =>
      answer(
        api.GET(`${runs}/{runId}/notes`, {
          params: { ...of(id), query: defined({ ...search, cursor: pageParam, limit: 20 }) },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: keepPreviousData,
  });

export interface DifferenceSearch {
  outcome?: Outcome | undefined;
  kind?: string | undefined;
}

export const differencesQuery = (id: string, search: DifferenceSearch) =>
  infiniteQueryOptions({
    queryKey: ["sources", "differences", id, search],
    queryFn: ({ pageParam }) =>
      answer(
        api.GET(`${runs}/{runId}/differences`, {
          params: { ...of(id), query: defined({ ...search, cursor: pageParam, limit: 20 }) },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: keepPreviousData,
  });

/** An entry before and after a run, which never changes. */
export const comparisonQuery = (id: string, number: number) =>
  queryOptions({
    queryKey: ["sources", "comparison", id, number],
    queryFn: () =>
      answer(api.GET(`${runs}/{runId}/differences/{number}`, { params: { path: { runId: id, number } } })),
    staleTime: Infinity,
  });
