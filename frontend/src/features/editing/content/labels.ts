import type { Json } from "../../../forms/definition";
import { pointerParts } from "../../../forms/pointers";
import { currentLanguage, type Say } from "../../../i18n";
import type { Content, EntryKind } from "../api";
import { plainLines } from "./html";
import { isText } from "./parts";
import { sdgLabel } from "./sdg";

const named = [
  "title",
  "name",
  "designation",
  "teaser",
  "summary",
  "description",
  "procedure",
  "requirements",
  "documents",
  "documentsText",
  "results",
  "fees",
  "feesText",
  "deadlines",
  "deadlinesText",
  "processingTime",
  "legalBasis",
  "legalBasisText",
  "formsText",
  "furtherInformation",
  "notes",
  "author",
  "competentBody",
  "contactPoint",
  "legalRemedy",
  "enquiryNote",
  "otherTexts",
  "links",
  "synonyms",
  "categories",
  "audiences",
  "trustLevel",
  "signatureRequired",
  "leikaKey",
  "furtherLeikaKeys",
  "sdgAreas",
  "release",
  "validity",
  "validIn",
  "publisher",
  "note",
  "required",
  "label",
  "kind",
  "amount",
  "max",
  "basis",
  "url",
  "text",
  "from",
  "to",
  "date",
  "by",
  "duration",
  "value",
  "unit",
  "module",
  "language",
  "address",
  "street",
  "houseNumber",
  "postalCode",
  "city",
  "position",
  "phone",
  "email",
  "parentId",
  "openingHours",
  "days",
  "hoursNote",
  "accessibility",
  "appointmentUrl",
  "serviceId",
  "organisationId",
  "onlineServiceId",
  "area",
  "areas",
  "role",
  "audience",
  "onlineService",
  "payments",
  "icon",
  "type",
  "conditions",
  "rule",
  "administers",
  "specialHours",
  "hours",
  "formId",
  "channel",
  "min",
] as const;

type Named = (typeof named)[number];

const isNamed = (name: string): name is Named => (named as readonly string[]).includes(name);

/** What a member of an entry is called. */
export function memberLabel(name: string, t: Say): string {
  return isNamed(name) ? t(`editing:field.${name}`) : name;
}

const spoken = ["de", "en", "de-x-ls"] as const;

/** What a language is called; others by their tag. */
export function languageLabel(tag: string, t: Say): string {
  const known = spoken.find((language) => language === tag);
  return known === undefined ? tag : t(`editing:language.${known}`);
}

/** What the value at a pointer is called: "Gebühren 2, Betrag". */
export function pointerLabel(path: string, t: Say): string {
  const words: string[] = [];
  for (const part of pointerParts(path)) {
    const last = words.at(-1);
    if (/^\d+$/.test(part) && last !== undefined) words.splice(-1, 1, `${last} ${Number(part) + 1}`);
    else if ((spoken as readonly string[]).includes(part)) words.push(languageLabel(part, t));
    else words.push(memberLabel(part, t));
  }
  return words.join(", ");
}

const codes = {
  kind: {
    fixed: "feeKind",
    range: "feeKind",
    rule: "feeKind",
    free: "feeKind",
    surname: "condition",
    age: "condition",
  },
  unit: { day: "unit", workday: "unit", weekday: "unit", week: "unit", month: "unit", year: "unit" },
  trustLevel: { low: "trust", substantial: "trust", high: "trust" },
  audiences: { citizen: "audience", business: "audience", administration: "audience" },
  role: { "01": "role", "03": "role" },
  type: { form: "way", link: "way" },
  days: { mo: "day", tu: "day", we: "day", th: "day", fr: "day", sa: "day", su: "day" },
  module: {
    forms: "module",
    furtherInformation: "module",
    fees: "module",
    documents: "module",
    legalBasis: "module",
    procedure: "module",
  },
} as const satisfies Record<string, Record<string, string>>;

/** What a code of a member is called; codes without a name stay as they are. */
function codeLabel(name: string, code: string, t: Say): string | undefined {
  if (name === "language") return languageLabel(code, t);
  if (name === "sdgAreas") return sdgLabel(code, t);
  if (!(name in codes)) return undefined;
  const groups: Record<string, string> = codes[name as keyof typeof codes];
  const group = groups[code];
  // The groups above name keys of the language files; their tests go through all of them.
  return group === undefined ? undefined : t(`editing:${group}.${code}` as "editing:feeKind.fixed");
}

/** What other entries and areas are called, by id or key. */
export type Names = ReadonlyMap<string, string>;

const nobody: Names = new Map();

/**
 * A value as lines of text, for comparing and for reading where there is no form. `name` is the member that it is the value of, and
 * `names` what it may refer to.
 */
export function describe(value: Json | undefined, t: Say, name = "", names: Names = nobody): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "boolean") return value ? t("yes") : t("no");
  if (typeof value === "number") return amount(name, value) ?? String(value);
  if (typeof value === "string") return codeLabel(name, value, t) ?? names.get(value) ?? plainLines(value);
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item !== "object"))
      return value.map((item) => describe(item, t, name, names)).join(", ");
    return value.map((item, index) => `${index + 1}. ${describe(item, t, name, names)}`).join("\n");
  }
  if (isText(value)) {
    const languages = Object.keys(value);
    if (languages.length === 1) return plainLines(value[languages[0] ?? ""] ?? "");
    return languages.map((tag) => `${languageLabel(tag, t)}: ${plainLines(value[tag] ?? "")}`).join("; ");
  }
  return Object.entries(value)
    .filter(([member]) => member !== "extras" && member !== "currency")
    .map(([member, inner]) => `${memberLabel(member, t)}: ${describe(inner, t, inside(name, member), names)}`)
    .join("\n   ");
}

/** Of the numbers called amount or max, those of fees are in cents. */
const inside = (name: string, member: string) => (name === "fees" && member === "max" ? "amount" : member);

function amount(name: string, value: number): string | undefined {
  if (name !== "amount") return undefined;
  return `${new Intl.NumberFormat(currentLanguage(), { minimumFractionDigits: 2 }).format(value / 100)} €`;
}

/** The member that the value at a pointer belongs to. */
export function memberOf(path: string): string {
  return (
    pointerParts(path).findLast(
      (part) => !/^\d+$/.test(part) && !(spoken as readonly string[]).includes(part),
    ) ?? ""
  );
}

/** What an entry refers to: other entries by kind and id, and areas by key. */
export function references(content: Content | undefined): { kind: EntryKind | "area"; id: string }[] {
  const kinds = {
    serviceId: "service",
    organisationId: "organisation",
    onlineServiceId: "onlineService",
    parentId: content?.["title"] === undefined ? "organisation" : "category",
  } as const;
  const found: { kind: EntryKind | "area"; id: string }[] = [];
  for (const [name, kind] of Object.entries(kinds)) {
    const id = content?.[name];
    if (typeof id === "string" && id !== "") found.push({ kind, id });
  }
  for (const name of ["area", "areas", "validIn", "administers"]) {
    const value = content?.[name];
    for (const id of Array.isArray(value) ? value : [value]) {
      if (typeof id === "string" && /^\d{2,12}$/.test(id)) found.push({ kind: "area", id });
    }
  }
  return found;
}
