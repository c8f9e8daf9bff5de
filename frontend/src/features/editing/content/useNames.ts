import { useQueries } from "@tanstack/react-query";
import { areaQuery, entryQuery, type Content } from "../api";
import { references, type Names } from "./labels";

/** What the entries and areas are called that contents refer to; those that are not known (yet) are missing. */
export function useNames(...contents: (Content | undefined)[]): Names {
  const all = contents.flatMap(references);
  const wanted = all.filter(({ id }, index) => all.findIndex((other) => other.id === id) === index);
  const entries = wanted.flatMap(({ kind, id }) => (kind === "area" ? [] : [{ kind, id }]));
  const areas = wanted.filter(({ kind }) => kind === "area");
  const known = useQueries({
    queries: entries.map((ref) => ({ ...entryQuery(ref), retry: false, staleTime: 60_000 })),
  });
  const places = useQueries({ queries: areas.map(({ id }) => areaQuery(id.padEnd(12, "0"))) });
  const names = new Map<string, string>();
  entries.forEach(({ id }, index) => {
    const title = known[index]?.data?.data.title;
    // Two of the same name would look like no change.
    const taken = [...names.values()].includes(title ?? "");
    if (title !== undefined && title !== "") names.set(id, taken ? `${title} (${id})` : title);
  });
  areas.forEach(({ id }, index) => {
    const place = places[index]?.data;
    if (place) names.set(id, `${place.name} (${id})`);
  });
  return names;
}
