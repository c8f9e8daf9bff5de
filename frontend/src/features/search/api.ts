import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "../../api/client";
import { defined } from "../../lib/defined";

export type Synonym = Schemas["SearchSynonym"];
export type Effect = Schemas["SearchEffect"];
export type Missed = Schemas["MissedSearch"];
export type Hit = Schemas["ExplainedHit"];

const root = "/api/v1/admin/search";

/** What people say, and what the catalog calls it. */
export interface Sides {
  says: string[];
  means: string[];
}

export const synonymsQuery = infiniteQueryOptions({
  queryKey: ["search-desk", "synonyms"],
  queryFn: ({ pageParam }) =>
    answer(api.GET(`${root}/synonyms`, { params: { query: defined({ cursor: pageParam, limit: 50 }) } })),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.nextCursor,
  staleTime: 0,
});

export const addSynonym = (sides: Sides, key: string): Promise<Synonym> =>
  answer(api.POST(`${root}/synonyms`, { params: { header: { "Idempotency-Key": key } }, body: sides }));

const at = ({ id, etag }: Synonym) => ({
  params: { path: { synonymId: id }, header: { "If-Match": etag } },
});

export const changeSynonym = (before: Synonym, sides: Sides): Promise<Synonym> =>
  answer(api.PUT(`${root}/synonyms/{synonymId}`, { ...at(before), body: sides }));

export const removeSynonym = (before: Synonym): Promise<undefined> =>
  answer(api.DELETE(`${root}/synonyms/{synonymId}`, at(before)));

/** What a synonym would change, in place of another one where that is given. */
export const trySynonym = (sides: Sides, replaces: string | undefined) =>
  answer(api.POST(`${root}/synonym-preview`, { body: { ...sides, ...defined({ replaces }) } }));

export const missedQuery = infiniteQueryOptions({
  queryKey: ["search-desk", "missed"],
  queryFn: ({ pageParam }) =>
    answer(api.GET(`${root}/missed`, { params: { query: defined({ cursor: pageParam, limit: 50 }) } })),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.nextCursor,
  staleTime: 0,
});

export const dismissMissed = ({ id }: Missed): Promise<undefined> =>
  answer(api.DELETE(`${root}/missed/{missedId}`, { params: { path: { missedId: id } } }));

export const explanationQuery = (q: string, serviceId: string | undefined) =>
  queryOptions({
    queryKey: ["search-desk", "explanation", q, serviceId],
    queryFn: () =>
      answer(api.GET(`${root}/explanation`, { params: { query: { q, ...defined({ serviceId }) } } })),
    enabled: q !== "",
    staleTime: 0,
  });
