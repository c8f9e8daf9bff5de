import type { EntryKind } from "./api";

/** The areas of the desk: what an address calls each kind of entries. */
const areas = {
  leistungen: "service",
  stellen: "organisation",
  zustaendigkeiten: "competence",
  abweichungen: "specialisation",
  onlinedienste: "onlineService",
  onlinegebiete: "onlineCompetence",
  lebenslagen: "category",
} as const satisfies Record<string, EntryKind>;

export type Area = keyof typeof areas;

export const areaNames = Object.keys(areas) as Area[];

/** The kind of entries of an area; undefined where there is no such area. */
export function kindOf(area: string): EntryKind | undefined {
  return area in areas ? areas[area as Area] : undefined;
}

/** The area in which a kind of entries is. */
export function areaOf(kind: EntryKind): Area {
  return areaNames.find((area) => areas[area] === kind) ?? "leistungen";
}
