import { useQuery } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import type { Schemas } from "../../api/client";
import { mostCounted, walkQuery } from "./api";
import { toFilter, type InboxSearch } from "./filter";

type CaseList = Schemas["CaseList"];

/**
 * The list that a clerk came from, as it was then: a case that is decided on the way leaves the list, and not the way. It is kept in memory
 * only, as what was searched for may be a name.
 */
export interface Walk {
  search: InboxSearch;
  ids: readonly string[];
  /** Where the list goes on. */
  cursor?: string | undefined;
  /** How many cases there were; unknown where they are not counted to the end. */
  total?: number | undefined;
}

let current: Walk | undefined;
const listeners = new Set<() => void>();

function set(walk: Walk): void {
  current = walk;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const last = () => current;

/** How many cases a list has, where its counting is complete. */
function totalOf(
  search: InboxSearch,
  pages: readonly CaseList[],
  ids: readonly string[],
): number | undefined {
  if (pages.at(-1)?.nextCursor === undefined) return ids.length;
  const counts = pages[0]?.counts;
  if (counts === undefined) return undefined;
  const state = toFilter(search).state;
  const counted = state === undefined ? Object.values(counts) : [counts[state] ?? 0];
  if (counted.some((count) => count >= mostCounted)) return undefined;
  return Math.max(
    ids.length,
    counted.reduce((sum, count) => sum + count, 0),
  );
}

const idsOf = (pages: readonly CaseList[]) => [
  ...new Set(pages.flatMap((page) => page.items.map((item) => item.id))),
];

/** The way through a list, as far as it was read. */
export function walkOf(search: InboxSearch, pages: readonly CaseList[]): Walk {
  const ids = idsOf(pages);
  return { search, ids, cursor: pages.at(-1)?.nextCursor, total: totalOf(search, pages, ids) };
}

/** Notes the list that is shown, so that its cases can be gone through. */
export function beginWalk(search: InboxSearch, pages: readonly CaseList[]): void {
  set(walkOf(search, pages));
}

/** Adds a page that was read on the way. What came again has its place already. */
export function continueWalk(walk: Walk, page: CaseList): Walk {
  const ids = [...new Set([...walk.ids, ...idsOf([page])])];
  const cursor = page.nextCursor;
  const total = cursor === undefined ? ids.length : walk.total && Math.max(walk.total, ids.length);
  return { ...walk, ids, cursor, total };
}

/** Where a case stands in the list that the clerk came from. */
export interface Place {
  search: InboxSearch;
  position: number;
  total: number | undefined;
  previous: string | undefined;
  next: string | undefined;
  /** Whether the list goes on behind what was read of it. */
  goesOn: boolean;
}

export function placeIn(walk: Walk, caseId: string): Place | undefined {
  const index = walk.ids.indexOf(caseId);
  if (index === -1) return undefined;
  return {
    search: walk.search,
    position: index + 1,
    total: walk.total,
    previous: walk.ids[index - 1],
    next: walk.ids[index + 1],
    goesOn: walk.cursor !== undefined,
  };
}

/** The place of a case in the list that the clerk came from; reads on in the list, where the case is its last so far. */
export function useWalk(caseId: string): Place | undefined {
  const walk = useSyncExternalStore(subscribe, last);
  const place = walk && placeIn(walk, caseId);
  const ends = place?.goesOn === true && place.next === undefined;
  const more = useQuery({ ...walkQuery(toFilter(walk?.search ?? {}), walk?.cursor), enabled: ends });
  const page = ends ? more.data : undefined;
  useEffect(() => {
    if (page !== undefined && walk === current && walk !== undefined) set(continueWalk(walk, page));
  }, [page, walk]);
  return place;
}
