import { expect, test } from "vitest";
import type { Run, Source } from "./api";
import { healthOf } from "./health";

const now = Date.parse("2026-03-01T12:00:00Z");
const source = (change: Partial<Source>): Source => ({
  id: "1",
  kind: "file",
  name: "Datei",
  settings: {},
  secretsSet: [],
  enabled: true,
  complete: false,
  schedule: { every: "day", at: "03:00", weekday: 1 },
  createdAt: "2026-01-01T00:00:00Z",
  nextRunAt: "2026-03-02T02:00:00Z",
  ...change,
});
const run = (change: Partial<Run>): Run => ({
  id: "1",
  title: "Datei",
  action: "import",
  state: "done",
  byCommand: false,
  dryRun: false,
  complete: true,
  read: 1,
  applied: 1,
  counts: [],
  skipped: 0,
  warnings: 0,
  differences: 0,
  had: 0,
  lost: 0,
  createdAt: "2026-03-01T02:00:00Z",
  canApply: false,
  canResume: false,
  canUndo: false,
  undone: false,
  ...change,
});

test.each<[string, Source, string]>([
  ["one that has never run", source({}), "never"],
  ["one that is switched off", source({ enabled: false, lastRun: run({}) }), "off"],
  ["one whose last run went well", source({ lastRun: run({}) }), "well"],
  ["one that had to skip something", source({ lastRun: run({ skipped: 2 }) }), "withNotes"],
  ["one that is being collected from", source({ lastRun: run({ state: "reading" }) }), "running"],
  [
    "one that waits for somebody, also when it is switched off",
    source({ enabled: false, lastRun: run({ state: "held" }) }),
    "held",
  ],
  ["one whose last run failed", source({ lastRun: run({ state: "failed" }) }), "failed"],
  [
    "one that should have run long ago",
    source({ nextRunAt: "2026-03-01T10:00:00Z", lastRun: run({}) }),
    "late",
  ],
  ["one whose time has just come", source({ nextRunAt: "2026-03-01T11:59:00Z", lastRun: run({}) }), "well"],
])("%s", (_, given, want) => {
  expect(healthOf(given, now)).toBe(want);
});
