import type { Schemas } from "../../src/api/client";
import { casePayments, reducedPayments, setPayments } from "./fixtures";
import type { Scene } from "./mock";

const session: Schemas["Session"] = {
  signedIn: true,
  csrfToken: "token",
  displayName: "Karla Kassenbuch",
  roles: ["treasurer"],
};
const id = (n: number) => `0197a3c2-7c3e-7d41-9a53-0f6f5a1c${String(n).padStart(4, "0")}`;
const euros = (amount: number) => ({ amount, currency: "EUR" });

/** Some days with payments and a refund; the others without anything. */
const days: Schemas["TreasuryDay"][] = Array.from({ length: 30 }, (_, index) => ({
  day: new Date(Date.UTC(2026, 9, 31 + index)).toISOString().slice(0, 10),
  received: [0, 3070, 15_400, 0, 0, 28_350, 9_210, 6_140][index % 8] ?? 0,
  returned: index === 12 ? 3070 : index === 26 ? 12_000 : 0,
}));

const overview: Schemas["TreasuryOverview"] = {
  owed: { count: 14, amount: euros(61_540) },
  overdue: { count: 2, amount: euros(5_870) },
  refunds: { count: 3, amount: euros(22_484) },
  days,
  balances: [
    { account: "loss", amount: 2800 },
    { account: "provider", amount: 812_345 },
    { account: "receivable", amount: 61_540 },
    { account: "revenue:11000.43110", amount: -301_200 },
    { account: "revenue:12200.43110", amount: -574_251 },
    { account: "suspense", amount: -1234 },
  ],
  closedUntil: "2026-11-28",
};

const first = casePayments.items[0];
if (first === undefined) throw new Error("no payment");
const payments: Schemas["PaymentRecordList"] = {
  items: [
    { ...first, dueAt: "2026-11-12T09:12:02Z", state: "expired" },
    {
      ...first,
      id: id(2),
      reference: "260000000028",
      shown: euros(2800),
      tariff: euros(3070),
      amount: euros(2800),
    },
    {
      ...first,
      id: id(3),
      reference: "260000000036",
      state: "paid",
      refunded: euros(500),
      purpose: "Gebühr für die Belehrung nach dem Infektionsschutzgesetz mit Bescheinigung",
      paidAt: "2026-11-21T10:02:00Z",
    },
    ...reducedPayments.items.map((payment) => ({ ...payment, id: id(4), reference: "260000000044" })),
    ...setPayments.items.map((payment) => ({ ...payment, id: id(5), reference: "260000000052" })),
  ],
  nextCursor: "more",
};

const refund: Schemas["Refund"] = {
  id: id(10),
  paymentId: id(3),
  reference: "260000000036",
  kind: "fee",
  amount: euros(12_000),
  reason: "Der Antrag wurde vor der Bearbeitung zurückgenommen.",
  state: "asked",
  needsApproval: true,
  mine: false,
  source: "provider",
  askedAt: "2026-11-27T08:30:00Z",
};
const refunds: Schemas["RefundList"] = {
  items: [
    refund,
    { ...refund, id: id(11), mine: true, reference: "260000000044" },
    {
      ...refund,
      id: id(12),
      kind: "surplus",
      amount: euros(930),
      needsApproval: false,
      reason: "Es wurde mehr bezahlt als verlangt, oder zweimal.",
    },
    {
      id: id(13),
      kind: "stray",
      amount: euros(1234),
      reference: "x4k2m9q7w1z8c5v3b6n0a2s4d6",
      reason: "Beim Zahlungsdienst ist Geld zu einem Vorgang eingegangen, den dieses Portal nicht kennt.",
      state: "asked",
      needsApproval: false,
      mine: false,
      source: "provider",
      askedAt: "2026-11-28T08:30:00Z",
    },
    {
      id: id(14),
      kind: "stray",
      amount: euros(5000),
      reference: "0197a3c2",
      reason: "Auf dem Konto ist Geld eingegangen, das keine Gebühr bezahlt.",
      state: "asked",
      needsApproval: false,
      mine: true,
      source: "bank",
      payee: { name: "Clara Beispiel", iban: "DE89370400440532013000" },
      askedAt: "2026-11-28T08:30:00Z",
    },
  ],
};

const statements: Schemas["StatementImportList"] = {
  accounts: [{ holder: "Stadt Meppen", iban: "DE02120300000000202051" }],
  items: [
    {
      id: id(20),
      file: "2026-11-27_C53_DE02120300000000202051_EUR_A00123.zip",
      entries: 48,
      taken: 41,
      matched: 39,
      credits: euros(128_345),
      debits: euros(3070),
      at: "2026-11-28T07:05:00Z",
    },
  ],
};
const transfer: Schemas["Transfer"] = {
  id: id(21),
  day: "2026-11-27",
  amount: euros(5000),
  used: euros(0),
  given: euros(0),
  open: euros(5000),
  entry: "2026-11-27/2026112700012345",
  name: "Clara Beispiel",
  iban: "DE89370400440532013000",
  text: "Parkausweis EL-MB 908 Gebuehr fuer zwei Jahre, wie am Telefon besprochen",
};
const transfers: Schemas["TransferList"] = {
  items: [
    transfer,
    {
      ...transfer,
      id: id(22),
      used: euros(3070),
      open: euros(1930),
      paymentId: id(3),
      reference: "260000000036",
      text: "Kassenzeichen 2600 0000 0036",
    },
    { ...transfer, id: id(23), given: euros(5000), open: euros(0) },
  ],
};

const comparison: Schemas["Reconciliation"] = {
  transactions: 41,
  total: euros(128_345),
  differences: [
    { kind: "unknown", transactionId: "x4k2m9q7w1z8c5v3b6n0a2s4d6", theirs: euros(1234) },
    {
      kind: "notBooked",
      transactionId: "p0o9i8u7z6t5r4e3w2q1l0k9j8",
      reference: "260000000036",
      theirs: euros(3070),
    },
    {
      kind: "amount",
      transactionId: "m1n2b3v4c5x6y7a8s9d0f1g2h3",
      reference: "260000000044",
      ours: euros(3070),
      theirs: euros(3000),
    },
    {
      kind: "notAtProvider",
      transactionId: "h3g2f1d0s9a8y7x6c5v4b3n2m1",
      reference: "260000000052",
      ours: euros(2800),
      note: { note: "Steht beim Zahlungsdienst am Folgetag.", at: "2026-11-28T08:30:00Z" },
    },
  ],
};
const closings: Schemas["ClosingList"] = {
  items: [
    { day: "2026-11-28", bookings: 4120, balances: [], at: "2026-11-29T07:05:00Z" },
    { day: "2026-11-27", bookings: 4067, balances: [], at: "2026-11-28T07:02:00Z" },
  ],
  balances: [],
};

/** What the treasury is answered. */
export const treasuryAnswers: [RegExp, unknown][] = [
  [/^\/treasury$/, overview],
  [/^\/treasury\/payments$/, payments],
  [/^\/treasury\/refunds$/, refunds],
  [/^\/treasury\/reconciliation$/, comparison],
  [/^\/treasury\/closings$/, closings],
  [/^\/treasury\/statements$/, statements],
  [/^\/treasury\/payment-services$/, { items: [{ ended: false }] }],
  [/^\/treasury\/transfers$/, transfers],
];

/** The treasury's pages. */
export const treasuryScenes: Record<string, Scene & { path: string }> = {
  treasury: { path: "/kasse", session, open: ["Als Tabelle"] },
  "treasury-new": {
    path: "/kasse",
    session,
    answers: [
      [
        /^\/treasury$/,
        {
          owed: { count: 0, amount: euros(0) },
          overdue: { count: 0, amount: euros(0) },
          refunds: { count: 0, amount: euros(0) },
          days: days.map(({ day }) => ({ day, received: 0, returned: 0 })),
          balances: [],
        },
      ],
    ],
  },
  "treasury-payments": { path: "/kasse/zahlungen", session },
  "treasury-refund": { path: "/kasse/zahlungen?stand=paid", session, press: "Erstattung beantragen" },
  "treasury-refunds": { path: "/kasse/erstattungen", session },
  "treasury-account": { path: "/kasse/konto", session, open: ["Eingelesene Auszüge"] },
  "treasury-account-assign": { path: "/kasse/konto", session, press: "Zuordnen 50,00 € Clara Beispiel" },
  "treasury-account-none": {
    path: "/kasse/konto?umsaetze=alle",
    session,
    answers: [
      [/^\/treasury\/statements$/, { items: [], accounts: [] }],
      [/^\/treasury\/transfers$/, { items: [] }],
    ],
  },
  "treasury-reconciliation": { path: "/kasse/abgleich", session, open: ["geklärter Unterschied"] },
  "treasury-reconciliation-services": {
    path: `/kasse/abgleich?dienst=${id(30)}`,
    session,
    answers: [
      [
        /^\/treasury\/payment-services$/,
        {
          items: [
            { ended: false },
            {
              id: id(30),
              organisationName: "Fachbereich Sicherheit und Ordnung, Straßenverkehrsbehörde",
              ended: false,
            },
            { id: id(31), organisationName: "Bürgerbüro", ended: true },
          ],
        },
      ],
    ],
  },
  "treasury-fine": {
    path: "/kasse/abgleich?von=2026-11-28&bis=2026-11-28",
    session,
    answers: [[/reconciliation$/, { ...comparison, differences: [] }]],
  },
  "treasury-forbidden": { path: "/kasse", session: { ...session, roles: ["clerk"] } },
};
