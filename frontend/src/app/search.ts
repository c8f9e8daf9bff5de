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

/** Leaves out what is undefined, so that addresses stay short. */
function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

type Raw = Record<string, unknown>;

export const placeSearch = (raw: Raw) => given({ ars: ars(raw["ars"]) });
export const resultSearch = (raw: Raw) =>
  given({ q: text(raw["q"]), ars: ars(raw["ars"]), kategorie: text(raw["kategorie"]) });
export const applySearch = (raw: Raw) => given({ ars: ars(raw["ars"]), angebot: text(raw["angebot"]) });
export const stepSearch = (raw: Raw) => given({ schritt: text(raw["schritt"]) });
export const signInSearch = (raw: Raw) =>
  given({ returnTo: localPath(raw["returnTo"]), request: text(raw["request"]), error: text(raw["error"]) });
export const requestSearch = (raw: Raw) => given({ request: text(raw["request"]) });
export const inboxSearch = (raw: Raw) => given({ stand: text(raw["stand"]), q: text(raw["q"]) });
