/** Parts of a calendar date as a person types them. */
export interface DateParts {
  day: string;
  month: string;
  year: string;
}

const isoDate = /^(\d{4})-(\d{2})-(\d{2})$/;

/**
 * Joins day, month and year to what is sent: padded ISO 8601 (`2024-03-09`) when all parts are numbers, the typed parts in
 * that order when they are not (so that the check says "not a date" instead of "missing"), and "" when nothing was typed.
 */
export function joinDate(parts: DateParts): string {
  const day = parts.day.trim();
  const month = parts.month.trim();
  const year = parts.year.trim();
  if (!day && !month && !year) return "";
  const numeric = /^\d{1,2}$/.test(day) && /^\d{1,2}$/.test(month) && /^\d{4}$/.test(year);
  return numeric ? `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}` : `${year}-${month}-${day}`;
}

/** Takes a stored date apart; the inverse of joinDate but for padding. */
export function splitDate(value: string): DateParts {
  const match = isoDate.exec(value);
  if (match) return { year: match[1] ?? "", month: match[2] ?? "", day: match[3] ?? "" };
  const [year = "", month = "", day = ""] = value.split("-");
  return { day, month, year };
}

/** Formats a calendar date (`YYYY-MM-DD`) for reading; what is not a date comes back as it is. */
export function formatDate(value: string, language: string): string {
  const match = isoDate.exec(value);
  if (!match) return value;
  const date = new Date(Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3])));
  return new Intl.DateTimeFormat(language, { dateStyle: "long", timeZone: "UTC" }).format(date);
}

/** Formats the day of a point in time (RFC 3339), in the reader's own time zone. */
export function formatDay(value: string, language: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "long" }).format(new Date(value));
}

/** Formats a point in time (RFC 3339) with date and time of day, in the reader's own time zone. */
export function formatDateTime(value: string, language: string): string {
  const date = new Date(value);
  if (Number.isNaN(date.getTime())) return value;
  return new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short" }).format(date);
}

/** Formats the time of day of a moment, for "saved at 14:05". */
export function formatTime(value: Date, language: string): string {
  return new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" }).format(value);
}

/** Whether a text is a day that exists, as ISO 8601. */
export function isDate(text: string): boolean {
  const match = isoDate.exec(text);
  if (!match) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.getUTCDate() === Number(match[3]);
}

/** The day that it is in Germany, as ISO 8601. */
export function todayInGermany(now = new Date()): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone: "Europe/Berlin", dateStyle: "short" }).format(now);
}

/** Moves a day (ISO 8601) by days, weeks, months or years. A day that a month does not have becomes its last. */
export function shiftDay(day: string, count: number, unit: "d" | "w" | "m" | "y"): string {
  const date = new Date(`${day}T00:00:00Z`);
  if (unit === "d" || unit === "w") {
    date.setUTCDate(date.getUTCDate() + count * (unit === "w" ? 7 : 1));
  } else {
    const wanted = date.getUTCDate();
    date.setUTCDate(1);
    date.setUTCMonth(date.getUTCMonth() + count * (unit === "y" ? 12 : 1));
    const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
    date.setUTCDate(Math.min(wanted, last));
  }
  return date.toISOString().slice(0, 10);
}
