import type { Schemas } from "../../src/api/client";

const id = (n: number) => `00000000-0000-4000-8000-0000000007${String(n).padStart(2, "0")}`;

const counts: Schemas["ImportRun"]["counts"] = [
  { kind: "service", added: 12, changed: 340, unchanged: 5120, deleted: 3, unknown: 0, handedOn: 0 },
  { kind: "organisation", added: 1, changed: 18, unchanged: 1284, deleted: 0, unknown: 2, handedOn: 0 },
  { kind: "competence", added: 96, changed: 0, unchanged: 48210, deleted: 41, unknown: 1290, handedOn: 0 },
];

export const run: Schemas["ImportRun"] = {
  id: id(1),
  sourceId: id(50),
  title: "Behördenfinder Niedersachsen",
  action: "import",
  undone: false,
  state: "done",
  byCommand: false,
  dryRun: false,
  complete: true,
  startedBy: "Mats Marktplatz",
  read: 55_081,
  applied: 55_081,
  counts,
  skipped: 2,
  warnings: 17,
  differences: 511,
  had: 0,
  lost: 0,
  createdAt: "2026-11-24T02:00:00Z",
  startedAt: "2026-11-24T02:00:02Z",
  finishedAt: "2026-11-24T02:04:41Z",
  canApply: false,
  canResume: false,
  canUndo: true,
};

export const held: Schemas["ImportRun"] = {
  ...run,
  id: id(2),
  state: "held",
  failure: "lost",
  had: 5460,
  lost: 5112,
  applied: 0,
  canApply: true,
  canUndo: false,
};

export const failed: Schemas["ImportRun"] = {
  ...run,
  id: id(3),
  sourceId: id(51),
  title: "PVOG-Suchdienst für Meppen",
  state: "failed",
  failure: "unavailable",
  detail:
    "GET https://pvog.example/suchdienst/api/v2/servicedescriptions/leikahierarchy: 503 Service Unavailable",
  read: 120,
  applied: 0,
  counts: [],
  skipped: 0,
  warnings: 0,
  differences: 0,
  canResume: true,
  canUndo: false,
};

const { finishedAt: _ended, ...begun } = run;

export const underWay: Schemas["ImportRun"] = {
  ...begun,
  id: id(4),
  state: "applying",
  applied: 21_400,
  canUndo: false,
};

export const source: Schemas["Source"] = {
  id: id(50),
  kind: "infodienste",
  name: "Behördenfinder Niedersachsen",
  settings: { areaIds: "10345" },
  secretsSet: ["apiKey"],
  enabled: true,
  complete: true,
  schedule: { every: "day", at: "03:00", weekday: 1 },
  nextRunAt: "2026-11-25T02:00:00Z",
  succeededAt: "2026-11-24T02:04:41Z",
  createdAt: "2026-10-01T08:00:00Z",
  lastRun: run,
};

export const sources: Schemas["SourceList"] = {
  items: [
    source,
    {
      ...source,
      id: id(51),
      kind: "pvogSearch",
      name: "PVOG-Suchdienst für Meppen",
      settings: { ars: "034540035035" },
      lastRun: failed,
    },
    { ...source, id: id(52), name: "Entwurf", enabled: false, lastRun: held },
  ],
};

export const kinds: Schemas["SourceKindList"] = {
  items: [
    {
      id: "infodienste",
      title: "Infodienste (BUS Niedersachsen)",
      help: "Leistungen, Stellen und Zuständigkeiten aus dem Behördenfinder des Landes.",
      fields: [
        {
          name: "apiKey",
          type: "secret",
          label: "Schlüssel",
          help: "Den Schlüssel vergibt die Landesredaktion.",
          required: true,
          advanced: false,
        },
        {
          name: "areaIds",
          type: "list",
          label: "Gebiete",
          help: "Nummern der Gebiete, durch Komma getrennt.",
          required: true,
          advanced: false,
        },
        {
          name: "url",
          type: "url",
          label: "Adresse",
          help: "",
          required: false,
          default: "https://infodienste.example",
          advanced: true,
        },
      ],
    },
    {
      id: "pvogSearch",
      title: "PVOG-Suchdienst",
      help: "Leistungsbeschreibungen für einzelne Orte.",
      fields: [
        {
          name: "ars",
          type: "ars",
          label: "Orte",
          help: "Regionalschlüssel mit 12 Ziffern.",
          required: true,
          advanced: false,
        },
      ],
    },
  ],
};

export const runs: Schemas["ImportRunList"] = { items: [underWay, run, held, failed] };

export const notes: Schemas["ImportNoteList"] = {
  items: [
    {
      number: 1,
      skipped: true,
      place: "leistungen-03.xml",
      line: 18_204,
      text: "Leistung L100042.LB.9912: title/de is missing",
    },
    {
      number: 2,
      skipped: false,
      place: "leistungen-03.xml",
      line: 20_117,
      text: "<modulFoto> is unknown and left out",
    },
  ],
};

export const differences: Schemas["ImportDifferenceList"] = {
  items: [
    {
      number: 1,
      kind: "service",
      key: id(60),
      title: "Jagdabgabe zahlen",
      parts: [],
      outcome: "added",
    },
    {
      number: 2,
      kind: "service",
      key: id(61),
      title: "Bewohnerparkausweis beantragen",
      parts: ["fees", "description"],
      outcome: "changed",
    },
    { number: 3, kind: "organisation", key: id(62), title: "Bürgerbüro West", parts: [], outcome: "deleted" },
  ],
};
