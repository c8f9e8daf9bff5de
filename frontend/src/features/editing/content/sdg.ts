import type { Say } from "../../../i18n";

/**
 * The information areas of Annex I to Regulation (EU) 2018/1724 (Single Digital Gateway) by the first three digits of their keys in
 * urn:xoev-de:fim:codeliste:sdginformationsbereich: 1 for people (A to I), 2 for businesses (J to Q). The two digits behind count the
 * topics of an area.
 */
const areas = [
  "101",
  "102",
  "103",
  "104",
  "105",
  "106",
  "107",
  "108",
  "109",
  "201",
  "202",
  "203",
  "204",
  "205",
  "206",
  "207",
  "208",
] as const;

/** What a key is called; undefined where it is none that is known. */
export function sdgLabel(key: string, t: Say): string | undefined {
  const area = areas.find((known) => key.startsWith(known));
  if (area === undefined || !/^\d{7}$/.test(key)) return undefined;
  const name = t(`editing:sdg.${area}`);
  const number = Number(key.slice(3, 5));
  return number === 0
    ? t("editing:sdg.area", { area: name, key })
    : t("editing:sdg.topic", { area: name, number, key });
}
