import { queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "./client";

export type Portal = Schemas["Portal"];
export type PortalReference = Schemas["PortalReference"];

/** Who this portal is; it hardly changes while a page is open. */
export const portalQuery = queryOptions({
  queryKey: ["portal"],
  queryFn: () => answer(api.GET("/api/v1/portal")),
  staleTime: 10 * 60_000,
});
