import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "../../api/client";
import { hasStatus } from "../../api/problem";
import { defined } from "../../lib/defined";
import type { Asker } from "./asker";

export type Service = Schemas["Service"];
export type ServiceSummary = Schemas["ServiceSummary"];
export type Offer = Schemas["Offer"];
export type Organisation = Schemas["Organisation"];
export type Place = Schemas["Place"];
export type Fee = Schemas["Fee"];
export type Category = Schemas["Category"];
export type Audience = Schemas["Audience"];

/** What a person looks for; what is undefined does not narrow the search. */
export interface ServiceSearch {
  q?: string | undefined;
  ars?: string | undefined;
  category?: string | undefined;
  audience?: Audience | undefined;
  online?: true | undefined;
}

export const categoriesQuery = queryOptions({
  queryKey: ["categories"],
  queryFn: () => answer(api.GET("/api/v1/categories")),
  staleTime: 5 * 60_000,
});

/** Services found, page by page. */
export const servicesQuery = (search: ServiceSearch) =>
  infiniteQueryOptions({
    queryKey: ["services", search],
    queryFn: ({ pageParam }) =>
      answer(api.GET("/api/v1/services", { params: { query: defined({ ...search, cursor: pageParam }) } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: keepPreviousData,
  });

/** What a person looks for over everything that portals have; without a kind, services and the best of all else. */
export interface Everything extends ServiceSearch {
  kind?: Schemas["SearchKind"] | undefined;
  corrected?: false | undefined;
}

/** Everything found, page by page. */
export const everythingQuery = (search: Everything) =>
  infiniteQueryOptions({
    queryKey: ["search", search],
    queryFn: ({ pageParam }) =>
      answer(api.GET("/api/v1/search", { params: { query: defined({ ...search, cursor: pageParam }) } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ services, offices, situations, forms }) =>
      services.nextCursor ?? offices.nextCursor ?? situations.nextCursor ?? forms.nextCursor,
    placeholderData: keepPreviousData,
  });

/** Services under a letter, part by part, with all letters; without a letter only the letters. */
export const registerQuery = (letter: string | undefined) =>
  infiniteQueryOptions({
    queryKey: ["register", letter],
    queryFn: ({ pageParam }) =>
      answer(
        api.GET("/api/v1/services/a-z", {
          params: { query: defined({ letter, limit: 100, cursor: pageParam }) },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
    staleTime: 60_000,
  });

/** Services that many people need, for a place where one is known. */
export const popularQuery = (ars: string | undefined) =>
  queryOptions({
    queryKey: ["popular", ars],
    queryFn: () => answer(api.GET("/api/v1/services/popular", { params: { query: defined({ ars }) } })),
    staleTime: 5 * 60_000,
    placeholderData: keepPreviousData,
  });

/** Suggestions for what has been typed so far; asked from the second letter on. */
export const suggestionsQuery = (q: string, ars: string | undefined) =>
  queryOptions({
    queryKey: ["suggestions", q, ars],
    queryFn: ({ signal }) =>
      answer(api.GET("/api/v1/search/suggestions", { params: { query: defined({ q, ars }) }, signal })),
    enabled: q.trim().length >= 2,
    staleTime: 60_000,
    placeholderData: keepPreviousData,
  });

/** Places by postal code or name. */
export const placesQuery = (q: string) =>
  queryOptions({
    queryKey: ["places", q],
    queryFn: ({ signal }) =>
      answer(api.GET("/api/v1/places", { params: { query: { q, limit: 10 } }, signal })),
    enabled: q.trim().length >= 2,
    staleTime: 10 * 60_000,
    placeholderData: keepPreviousData,
  });

/** A place of any level; its name stands beside what is shown for it. */
export const placeQuery = (ars: string | undefined) =>
  queryOptions({
    queryKey: ["place", ars],
    queryFn: () => answer(api.GET("/api/v1/places/{ars}", { params: { path: { ars: ars ?? "" } } })),
    enabled: ars !== undefined,
    staleTime: 60 * 60_000,
  });

/**
 * A service as it is at a place, in a language that the person chose for its texts, else in that of the page; null for one that is
 * no longer offered.
 */
export const serviceQuery = (serviceId: string, ars: string | undefined, language?: string) =>
  queryOptions({
    queryKey: ["service", serviceId, ars, language],
    queryFn: async () => {
      try {
        return await answer(
          api.GET("/api/v1/services/{serviceId}", {
            params: { path: { serviceId }, query: defined({ ars, language }) },
          }),
        );
      } catch (error) {
        if (hasStatus(error, 410)) return null;
        throw error;
      }
    },
  });

/** What a service was that is not offered today, and what may be meant instead. */
export const alternativesQuery = (serviceId: string, ars: string | undefined) =>
  queryOptions({
    queryKey: ["alternatives", serviceId, ars],
    queryFn: () =>
      answer(
        api.GET("/api/v1/services/{serviceId}/alternatives", {
          params: { path: { serviceId }, query: defined({ ars }) },
        }),
      ),
  });

/** Who is competent for a service at a place for who asks, and how to apply there. */
export const offersQuery = (serviceId: string, ars: string | undefined, who: Asker = {}) =>
  queryOptions({
    queryKey: ["offers", serviceId, ars, who],
    queryFn: () =>
      answer(
        api.GET("/api/v1/services/{serviceId}/offers", {
          params: { path: { serviceId }, query: defined({ ars, ...who }) },
        }),
      ),
    placeholderData: keepPreviousData,
  });
