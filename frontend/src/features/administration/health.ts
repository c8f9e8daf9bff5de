import type { WordKey } from "../../i18n/words";
import type { AssociationMember } from "./api";

/** How the link to a member is, in one word. */
export type Health = "self" | "ok" | "trouble" | "away" | "untrusted";

export function healthOf(member: AssociationMember): Health {
  if (member.self) return "self";
  if (!member.trusted) return "untrusted";
  const unreached = new Set([
    "unreachable",
    "nameUnknown",
    "addressRefused",
    "timeout",
    "certificate",
    "busy",
  ]);
  if ((member.failures ?? 0) > 0 || unreached.has(member.catalogError?.code ?? "")) return "away";
  if ((member.parked ?? 0) + (member.refused ?? 0) > 0 || member.catalogError !== undefined) return "trouble";
  return "ok";
}

export const healthWords: Record<Health, WordKey> = {
  self: "administration:association.self",
  ok: "administration:association.ok",
  trouble: "administration:association.trouble",
  away: "administration:association.away",
  untrusted: "administration:association.untrusted",
};

export const healthBadge = {
  self: "neutral",
  ok: "success",
  trouble: "warning",
  away: "danger",
  untrusted: "danger",
} as const;

/** A span of time in the largest unit that fits, for axes and tables. */
export function formatSpan(seconds: number, language: string): string {
  const units = [
    { unit: "day", length: 86_400 },
    { unit: "hour", length: 3600 },
    { unit: "minute", length: 60 },
    { unit: "second", length: 1 },
  ] as const;
  const { unit, length } = units.find((one) => seconds >= one.length) ?? { unit: "second", length: 1 };
  const value = seconds / length;
  return new Intl.NumberFormat(language, {
    style: "unit",
    unit,
    unitDisplay: "short",
    maximumFractionDigits: value < 10 && unit !== "second" ? 1 : 0,
  }).format(value);
}

/** The end of an axis: the smallest round number that is not below the greatest value. */
export function roundUp(value: number, steps: readonly number[]): number {
  const fits = steps.find((step) => step >= value);
  if (fits !== undefined) return fits;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((factor) => factor * power >= value) ?? 10) * power;
}

export const roundSpans = [60, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86_400, 2 * 86_400, 7 * 86_400];
export const roundCounts = [4, 10, 20, 50, 100];
