import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "./client";

/** Who this portal is; it hardly changes while a page is open. */
export const portalQuery = queryOptions({
  queryKey: ["portal"],
  queryFn: () => answer(api.GET("/api/v1/portal")),
  staleTime: 10 * 60_000,
});
