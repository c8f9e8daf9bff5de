import type { Json } from "../../../forms/definition";
import { pointerParts } from "../../../forms/pointers";
import type { Say } from "../../../i18n";
import { plainLines } from "./html";
import { isText } from "./parts";

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

/** A value as lines of text, for comparing and for reading where there is no form. */
export function describe(value: Json | undefined, t: Say): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "boolean") return value ? t("yes") : t("no");
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return plainLines(value);
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item !== "object")) return value.join(", ");
    return value.map((item, index) => `${index + 1}. ${describe(item, t)}`).join("\n");
  }
  if (isText(value)) {
    const languages = Object.keys(value);
    if (languages.length === 1) return plainLines(value[languages[0] ?? ""] ?? "");
    return languages.map((tag) => `${languageLabel(tag, t)}: ${plainLines(value[tag] ?? "")}`).join("; ");
  }
  return Object.entries(value)
    .filter(([name]) => name !== "extras" && name !== "currency")
    .map(([name, member]) => `${memberLabel(name, t)}: ${amount(name, member) ?? describe(member, t)}`)
    .join("\n   ");
}

/** Amounts are in cents. */
function amount(name: string, value: Json): string | undefined {
  if ((name !== "amount" && name !== "max") || typeof value !== "number") return undefined;
  return new Intl.NumberFormat("de", { minimumFractionDigits: 2 }).format(value / 100);
}
