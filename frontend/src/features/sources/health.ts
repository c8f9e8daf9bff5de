import type { BadgeKind } from "../../ui/Badge";
import type { Run, RunState, Source } from "./api";

/** How a source is doing. */
export type Health =
  "running" | "held" | "failed" | "late" | "withNotes" | "well" | "never" | "off" | "cancelled";

export const healthKinds: Record<Health, BadgeKind> = {
  running: "info",
  held: "warning",
  failed: "danger",
  late: "warning",
  withNotes: "warning",
  well: "success",
  never: "neutral",
  off: "neutral",
  cancelled: "neutral",
};

const grace = 60 * 60_000;

/** Judges a source by its last run and whether the next one is on time; `now` in milliseconds. */
export function healthOf({ lastRun, enabled, nextRunAt }: Source, now: number): Health {
  switch (lastRun?.state) {
    case "waiting":
    case "reading":
    case "applying":
      return "running";
    case "held":
      return "held";
    case "failed":
      return "failed";
    default:
  }
  if (enabled && nextRunAt !== undefined && Date.parse(nextRunAt) + grace < now) return "late";
  if (lastRun === undefined) return enabled ? "never" : "off";
  if (!enabled) return "off";
  if (lastRun.state === "cancelled") return "cancelled";
  return lastRun.skipped > 0 ? "withNotes" : "well";
}

export const stateKinds: Record<RunState, BadgeKind> = {
  waiting: "info",
  reading: "info",
  applying: "info",
  held: "warning",
  checked: "info",
  done: "success",
  failed: "danger",
  cancelled: "neutral",
};

/** What a run did to entries of all kinds. */
export function totals(run: Run): { added: number; changed: number; deleted: number } {
  const sum = (name: "added" | "changed" | "deleted") =>
    run.counts.reduce((so, counts) => so + counts[name], 0);
  return { added: sum("added"), changed: sum("changed"), deleted: sum("deleted") };
}

const failures = [
  "refused",
  "unavailable",
  "answer",
  "file",
  "settings",
  "interrupted",
  "changedSince",
  "emptied",
  "lost",
  "internal",
] as const;

/** Why a run failed or is held; what is not known is something inside of the portal. */
export function failureOf(code: string): (typeof failures)[number] {
  return failures.find((known) => known === code) ?? "internal";
}
