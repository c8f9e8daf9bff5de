import type { components } from "../../src/api/schema";

type Schemas = components["schemas"];

const ownPrint = "3F1C 09AB 77E2 5D10 8C4F 6A2B 91DE 03F8 5B7C 2E64 D019 AF35 48C6 7B8E 1D20 F943";
const otherPrint = "A01B 44C2 9D7E 10F3 6B58 E2C9 0477 31AD F68C 925E 0B13 D47A 8821 5FC6 3E90 77B2";

const county = { ars: "03454", name: "Landkreis Emsland" };
const meppen = { ars: "034540035035", name: "Meppen", overlaps: ["Landkreis Emsland"] };

const own: Schemas["AssociationMember"] = {
  entity: "https://portal.emsland.example",
  name: "Landkreis Emsland",
  kind: "county",
  areas: [{ ...county, overlaps: ["Stadt Meppen", "Samtgemeinde Lathen"] }],
  accountHome: true,
  anchor: true,
  self: true,
  trusted: true,
  version: "1.4.0",
  position: { lat: 52.745, lon: 7.4 },
};

const healthy: Schemas["AssociationMember"] = {
  id: "0199a2c4-1111-7000-8000-000000000001",
  entity: "https://portal.meppen.example",
  name: "Stadt Meppen",
  kind: "municipality",
  areas: [meppen],
  accountHome: false,
  anchor: false,
  self: false,
  trusted: true,
  trustedUntil: "2026-12-05T09:00:00Z",
  version: "1.4.0",
  lastContact: "2026-11-28T08:59:30Z",
  failures: 0,
  queued: 0,
  parked: 0,
  refused: 0,
  catalogReadAt: "2026-11-28T08:59:10Z",
  catalogEntries: 412,
  position: { lat: 52.69, lon: 7.29 },
  certificateUntil: "2027-02-03T12:00:00Z",
  keysDue: "2027-01-30T08:00:00Z",
};

const away: Schemas["AssociationMember"] = {
  id: "0199a2c4-1111-7000-8000-000000000002",
  entity: "https://serviceportal.samtgemeinde-lathen.example",
  name: "Samtgemeinde Lathen",
  kind: "jointMunicipality",
  areas: [{ ars: "034545405", name: "Lathen", overlaps: ["Landkreis Emsland"] }],
  accountHome: false,
  anchor: false,
  self: false,
  trusted: false,
  position: { lat: 52.866, lon: 7.321 },
  problem: {
    code: "expired",
    detail: "statement of https://portal.emsland.example: expired: at 2026-11-27T09:00:00Z",
  },
  lastContact: "2026-11-20T17:03:00Z",
  failures: 41,
  lastError: { code: "unreachable", detail: "dial tcp 192.0.2.7:443: connect: connection refused" },
  queued: 3,
  parked: 1,
  refused: 1,
  oldestQueued: "2026-11-20T17:05:00Z",
  catalogReadAt: "2026-11-20T17:02:00Z",
  catalogEntries: 96,
  catalogError: { code: "unreachable", detail: "dial tcp 192.0.2.7:443: connect: connection refused" },
};

const request: Schemas["MembershipRequest"] = {
  id: "0199a2c4-2222-7000-8000-000000000003",
  entity: "https://portal.papenburg.example",
  name: "Stadt Papenburg",
  kind: "municipality",
  areas: [
    { ars: "034540041041", name: "Papenburg", overlaps: ["Landkreis Emsland"] },
    { ars: "034540018018", overlaps: [] },
  ],
  accountHome: true,
  words: "Guten Tag, wir sind seit dieser Woche am Netz. Rückfragen bitte an Frau Portal, Durchwahl 12.",
  fingerprint: otherPrint,
  askedAt: "2026-11-28T08:30:00Z",
  state: "asked",
};

const common = {
  title: "Portalverbund Emsland",
  self: {
    id: own.entity,
    name: own.name,
    kind: "county",
    url: own.entity,
  } satisfies Schemas["PortalReference"],
  fingerprint: ownPrint,
  managed: true,
  areas: own.areas,
  keys: [
    {
      id: "fed-1",
      use: "federation",
      fingerprint: ownPrint,
      activeFrom: "2026-03-01T08:00:00Z",
      active: true,
    },
    {
      id: "sig-2",
      use: "signature",
      fingerprint: otherPrint,
      activeFrom: "2026-11-01T08:00:00Z",
      active: true,
    },
    {
      id: "sig-1",
      use: "signature",
      fingerprint: ownPrint,
      activeFrom: "2026-08-03T08:00:00Z",
      publishedUntil: "2026-12-01T08:00:00Z",
      active: false,
    },
  ] satisfies Schemas["AssociationKey"][],
};

/** The anchor's view: everything is fine with one member, everything is wrong with another, and somebody asks. */
export const leading: Schemas["AssociationState"] = {
  ...common,
  leads: true,
  members: [own, healthy, away],
  requests: [request],
  alerts: [
    { kind: "untrusted", portal: away.entity, since: "2026-11-27T09:02:00Z" },
    { kind: "portalAway", portal: away.entity, since: "2026-11-20T17:18:00Z" },
    {
      kind: "messagesWait",
      portal: healthy.entity,
      since: "2026-11-19T08:18:00Z",
      endedAt: "2026-11-19T11:40:00Z",
    },
  ],
  alertsByMail: true,
};

/** A day in which one member was away for some hours, and this portal itself for one. */
export const history: Schemas["AssociationHistory"] = {
  span: "lastDay",
  from: "2026-11-27T09:00:00Z",
  until: "2026-11-28T09:00:00Z",
  stepSeconds: 900,
  samples: Array.from({ length: 97 }, (_, i) => {
    const gone = i > 50 && i < 70 ? 1 : 0;
    return {
      at: new Date(Date.UTC(2026, 10, 27, 9, 15 * i)).toISOString(),
      waiting: gone * Math.min(3 * (i - 50), 37),
      messageLag: gone * (i - 50) * 900,
      catalogLag: 30 + ((i * 7) % 31) + gone * (i - 50) * 900,
      sent: i < 60 ? Math.round(6 + 5 * Math.sin(i / 6)) : (i * 5) % 9,
      received: Math.round(4 + 3 * Math.cos(i / 5)),
      away: gone,
    };
  }).filter((_, i) => i < 20 || i > 24),
};

/** A portal that belongs to nothing yet. */
export const alone: Schemas["AssociationState"] = {
  ...common,
  title: "Stadt Papenburg",
  self: {
    ...common.self,
    id: "https://portal.papenburg.example",
    name: "Stadt Papenburg",
    kind: "municipality",
  },
  leads: true,
  areas: [{ ars: "034540041041", name: "Papenburg", overlaps: [] }],
  members: [
    {
      ...own,
      entity: "https://portal.papenburg.example",
      name: "Stadt Papenburg",
      kind: "municipality",
      areas: [{ ars: "034540041041", name: "Papenburg", overlaps: [] }],
    },
  ],
  requests: [],
};

const joined: Schemas["AssociationJoined"] = {
  anchor: own.entity,
  title: "Portalverbund Emsland",
  state: "asked",
  fingerprints: [ownPrint],
  askedAt: "2026-11-28T08:30:00Z",
};

/** It has asked. */
export const asked: Schemas["AssociationState"] = { ...alone, joined };

/** It was removed. */
export const removed: Schemas["AssociationState"] = {
  ...alone,
  joined: { ...joined, state: "removed", reason: "Das Portal wurde abgeschaltet." },
};

/** It belongs to an association whose anchor is away. */
export const member: Schemas["AssociationState"] = {
  ...common,
  self: { ...common.self, id: healthy.entity, name: healthy.name, kind: "municipality" },
  areas: [meppen],
  leads: false,
  joined: {
    ...joined,
    state: "member",
    listedAt: "2026-11-28T08:00:00Z",
    failure: { code: "unreachable", detail: "cannot be fetched: dial tcp: connection refused" },
  },
  members: [
    {
      ...own,
      self: false,
      trustedUntil: "2026-12-05T09:00:00Z",
      failures: 3,
      lastContact: "2026-11-28T08:00:00Z",
    },
    { ...healthy, self: true },
  ],
  requests: [],
};

/** An anchor as it shows itself to somebody who wants to join. */
export const seen: Schemas["AnchorSeen"] = {
  id: own.entity,
  name: own.name,
  title: "Portalverbund Emsland",
  fingerprint: ownPrint,
};

/** What the member that is away has not got. */
export const stuck: Schemas["StuckMessageList"] = {
  items: [
    {
      id: "0199a2c4-3333-7000-8000-000000000001",
      kind: "application.submitted",
      subject: "0199a2c4-3333-7000-8000-00000000000a",
      state: "queued",
      attempts: 41,
      lastError: { code: "unreachable", detail: "dial tcp 192.0.2.7:443: connect: connection refused" },
      createdAt: "2026-11-20T17:05:00Z",
      nextAt: "2026-11-28T10:00:00Z",
    },
    {
      id: "0199a2c4-3333-7000-8000-000000000002",
      kind: "application.decision",
      subject: "0199a2c4-3333-7000-8000-00000000000b",
      state: "refused",
      attempts: 1,
      lastError: {
        code: "refused",
        detail: "status 422 unknown-application: Diesen Antrag gibt es hier nicht.",
      },
      createdAt: "2026-11-19T08:15:00Z",
    },
  ],
};
