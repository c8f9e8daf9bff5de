import type { Say } from "../../../i18n";

const kinds = [
  "service",
  "specialisation",
  "organisation",
  "competence",
  "onlineService",
  "onlineCompetence",
  "category",
  "form",
] as const;

/** What entries of a kind are called. */
export function kindLabel(kind: string, t: Say): string {
  const known = kinds.find((one) => one === kind);
  return known === undefined ? kind : t(`sources:kind.${known}`);
}
