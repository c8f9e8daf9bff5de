import { defined } from "../lib/defined";

/** Readers for the search part of addresses: what does not fit counts as not there. */

function text(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A Regionalschlüssel; the router reads digits as a number, which loses leading zeros. */
function ars(value: unknown): string | undefined {
  const digits = text(value)?.padStart(12, "0");
  return digits !== undefined && /^\d{12}$/.test(digits) ? digits : undefined;
}

/** Only a path of this portal: nobody is led elsewhere by a link. */
export function localPath(value: unknown): string | undefined {
  const path = text(value);
  return path !== undefined && /^\/(?![/\\])/.test(path) ? path : undefined;
}

type Raw = Record<string, unknown>;

export const placeSearch = (raw: Raw) => defined({ ars: ars(raw["ars"]) });

function oneOf<T extends string>(value: unknown, ...known: T[]): T | undefined {
  return known.find((word) => word === value);
}

/** A language that texts of the catalog may be asked for in (BCP 47). */
function language(value: unknown): string | undefined {
  return typeof value === "string" && /^[a-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,3}$/.test(value)
    ? value
    : undefined;
}

const audience = (value: unknown) => oneOf(value, "privat", "unternehmen", "behoerde");

export const serviceSearch = (raw: Raw) =>
  defined({ ars: ars(raw["ars"]), sprache: language(raw["sprache"]), fuer: audience(raw["fuer"]) });
export const whySearch = (raw: Raw) => defined({ ars: ars(raw["ars"]), fuer: audience(raw["fuer"]) });
export const officesSearch = (raw: Raw) =>
  defined({
    q: text(raw["q"])?.slice(0, 100),
    ars: ars(raw["ars"]),
    buchstabe: text(raw["buchstabe"])?.match(/^([A-Z]|0-9)$/)?.[0],
  });
export const resultSearch = (raw: Raw) =>
  defined({
    q: text(raw["q"]),
    ars: ars(raw["ars"]),
    kategorie: text(raw["kategorie"]),
    fuer: oneOf(raw["fuer"], "privat", "unternehmen"),
    online: oneOf(raw["online"], "ja"),
    art: oneOf(raw["art"], "leistung", "stelle", "lebenslage", "formular"),
    genau: oneOf(raw["genau"], "ja"),
  });
export const applySearch = (raw: Raw) => defined({ ars: ars(raw["ars"]), angebot: text(raw["angebot"]) });
export const stepSearch = (raw: Raw) => defined({ schritt: text(raw["schritt"]) });
export const actingSearch = (raw: Raw) => defined({ zurueck: localPath(raw["zurueck"]) });
export const signInSearch = (raw: Raw) =>
  defined({
    returnTo: localPath(raw["returnTo"]),
    request: text(raw["request"]),
    error: text(raw["error"]),
    home: text(raw["home"]),
    level: oneOf(raw["level"], "low", "substantial", "high"),
  });
export const arrivalSearch = (raw: Raw) => defined({ vorgang: text(raw["vorgang"]) });
export const staffSignInSearch = (raw: Raw) =>
  defined({ returnTo: localPath(raw["returnTo"]), error: text(raw["error"]) });
export const requestSearch = (raw: Raw) => defined({ request: text(raw["request"]) });
const id = (value: unknown) => text(value)?.match(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)?.[0];
const isoDay = (value: unknown) => text(value)?.match(/^\d{4}-\d{2}-\d{2}$/)?.[0];

export const inboxSearch = (raw: Raw) =>
  defined({
    stand: text(raw["stand"]),
    q: text(raw["q"])?.slice(0, 100),
    offen: oneOf(raw["offen"], "ja"),
    bei: oneOf(raw["bei"], "mir", "niemandem") ?? id(raw["bei"]),
    leistung: id(raw["leistung"]),
    faellig: oneOf(raw["faellig"], "vorbei"),
    zustimmung: oneOf(raw["zustimmung"], "ja"),
    folge: oneOf(raw["folge"], "alt", "faellig"),
  });
export const periodSearch = (raw: Raw) =>
  defined({ von: isoDay(raw["von"]), bis: isoDay(raw["bis"]), dienst: text(raw["dienst"]) });
export const treasuryPaymentsSearch = (raw: Raw) =>
  defined({ stand: text(raw["stand"]), zeichen: text(raw["zeichen"])?.slice(0, 20) });
export const accountSearch = (raw: Raw) => defined({ umsaetze: oneOf(raw["umsaetze"], "alle") });
export const synonymSearch = (raw: Raw) => defined({ wort: text(raw["wort"]) });
export const explanationSearch = (raw: Raw) =>
  defined({ q: text(raw["q"]), leistung: text(raw["leistung"]) });
export const tasksSearch = (raw: Raw) => defined({ aufgabe: text(raw["aufgabe"]) });

export const auditSearch = (raw: Raw) =>
  defined({
    actor: text(raw["actor"]),
    action: text(raw["action"]),
    object: text(raw["object"]),
    from: text(raw["from"]),
    until: text(raw["until"]),
  });
