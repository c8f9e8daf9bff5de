/** Formats an amount in minor units: `1250` EUR is "12,50 €" in German. */
export function formatMoney(amount: number, currency: string, language: string): string {
  return new Intl.NumberFormat(language, { style: "currency", currency }).format(amount / 100);
}

/** Formats a size in bytes as a person reads it. */
export function formatBytes(bytes: number, language: string): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
  let value = bytes;
  let index = 0;
  while (value >= 1000 && index < units.length - 1) {
    value /= 1000;
    index += 1;
  }
  return new Intl.NumberFormat(language, {
    style: "unit",
    unit: units[index] ?? "byte",
    unitDisplay: "short",
    maximumFractionDigits: value < 10 && index > 0 ? 1 : 0,
  }).format(value);
}

/**
 * Reads an amount as people write it (`1.234,50`, `1,234.50 €`, `12`) into cents, without floating point; undefined when it is
 * none. A point or comma before three digits groups thousands only where the language does so, or a decimal one follows.
 */
export function parseCents(text: string, language: string): number | undefined {
  const bare = text.replaceAll(/[\s\u00a0\u202f']|€|EUR/gi, "");
  const match = /^(-?)(\d{1,3}(?:([.,])\d{3}(?:\3\d{3})*)?|\d{1,12})(?:([.,])(\d{1,2}))?$/.exec(bare);
  if (!match) return undefined;
  const [, sign = "", whole = "", group, decimal, fraction = ""] = match;
  const usual = language.startsWith("de") ? "." : ",";
  if (group !== undefined && (decimal === undefined ? group !== usual : group === decimal)) return undefined;
  const cents = Number(whole.replaceAll(/[.,]/g, "") + fraction.padEnd(2, "0"));
  return sign === "-" && cents !== 0 ? -cents : cents;
}

/** An amount in cents as it is typed: `12,50` in German, `12.50` in English. */
export function centsText(cents: number, language: string): string {
  const digits = String(Math.abs(cents)).padStart(3, "0");
  const point = language.startsWith("de") ? "," : ".";
  return `${cents < 0 ? "-" : ""}${digits.slice(0, -2)}${point}${digits.slice(-2)}`;
}
