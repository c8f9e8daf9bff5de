import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "../../api/client";
import { defined } from "../../lib/defined";
import type { Asker } from "./asker";

export type OfficeSummary = Schemas["OrganisationSummary"];
export type Explanation = Schemas["OfferExplanation"];

/** Which offices are listed; what is undefined does not narrow the list. */
export interface OfficeSearch {
  q?: string | undefined;
  ars?: string | undefined;
  letter?: string | undefined;
}

/** Offices from A to Z, part by part. */
export const officesQuery = (search: OfficeSearch) =>
  infiniteQueryOptions({
    queryKey: ["offices", search],
    queryFn: ({ pageParam }) =>
      answer(
        api.GET("/api/v1/organisations", {
          params: { query: defined({ ...search, limit: 50, cursor: pageParam }) },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: keepPreviousData,
  });

/** An office with the units above and below it. */
export const officeQuery = (organisationId: string) =>
  queryOptions({
    queryKey: ["office", organisationId],
    queryFn: () =>
      answer(api.GET("/api/v1/organisations/{organisationId}", { params: { path: { organisationId } } })),
  });

/** What an office does, part by part. */
export const officeServicesQuery = (organisationId: string) =>
  infiniteQueryOptions({
    queryKey: ["office-services", organisationId],
    queryFn: ({ pageParam }) =>
      answer(
        api.GET("/api/v1/organisations/{organisationId}/services", {
          params: { path: { organisationId }, query: defined({ cursor: pageParam }) },
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
  });

/** Municipalities around a position, the nearest first. */
export const aroundQuery = ({ lat, lon }: Schemas["Position"]) =>
  queryOptions({
    queryKey: ["around", lat, lon],
    queryFn: () => answer(api.GET("/api/v1/places/around", { params: { query: { lat, lon, limit: 12 } } })),
    staleTime: 60 * 60_000,
  });

/** How it is decided who is competent. */
export const explanationQuery = (serviceId: string, ars: string, who: Asker) =>
  queryOptions({
    queryKey: ["explanation", serviceId, ars, who],
    queryFn: () =>
      answer(
        api.GET("/api/v1/services/{serviceId}/offers/explanation", {
          params: { path: { serviceId }, query: defined({ ars, ...who }) },
        }),
      ),
    placeholderData: keepPreviousData,
  });
