import { queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "../../api/client";

export type CaseRule = Schemas["CaseRule"];

export const caseRulesQuery = queryOptions({
  queryKey: ["caseRules"],
  queryFn: () => answer(api.GET("/api/v1/admin/case-rules")),
  staleTime: 0,
});

export const setCaseRule = (body: Schemas["CaseRuleChange"]): Promise<Schemas["CaseRules"]> =>
  answer(api.PUT("/api/v1/admin/case-rules", { body }));

export const caseDeputiesQuery = queryOptions({
  queryKey: ["caseDeputies", "all"],
  queryFn: async () => (await answer(api.GET("/api/v1/cases/deputies"))).all ?? [],
  staleTime: 0,
});
