import type { Schemas } from "../../src/api/client";
import * as built from "./builder";
import * as data from "./fixtures";
import type { Scene } from "./mock";
import { streetParty, streetPartyAnswers } from "./services";

const draft: Schemas["Application"] = {
  ...data.draft,
  serviceTitle: "Straßenfest und Sondernutzung öffentlicher Flächen",
  authorityName: "Ordnungsamt",
  data: streetPartyAnswers,
  joint: true,
};
const granted: Schemas["Application"] = { ...data.granted, serviceTitle: draft.serviceTitle, joint: true };

const words = streetParty.layout.applicants?.consent["de"] ?? "";
const hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

const person = (
  number: number,
  name: string,
  state: Schemas["CoApplicantState"],
  more: Partial<Schemas["CoApplicant"]> = {},
): Schemas["CoApplicant"] => ({
  id: `0197a3c2-7c3e-7d41-9a53-0000000009${number}0`,
  name,
  state,
  ...more,
});

/** Everybody that somebody can have invited, in each state. */
const everybody = [
  person(1, "Bernd Beispiel", "consented", { consentedAt: "2026-11-22T10:00:00Z", trustLevel: "low" }),
  person(2, "Erika Muster", "joined"),
  person(3, "Karl von nebenan", "invited", {
    email: "karl.mit-einer-langen-adresse-die-nicht-umbricht@example.org",
    expiresAt: "2026-12-06T10:00:00Z",
    remindFrom: "2026-11-24T10:00:00Z",
  }),
  person(4, "Familie Weber", "expired"),
  person(5, "Mehmet Beispiel", "lapsed"),
  person(6, "Jana Muster", "refused"),
];

const listOf = (items: Schemas["CoApplicant"][], from = 1): Schemas["CoApplicantList"] => ({
  from,
  to: 10,
  consent: words,
  complete: items.every(({ state }) => state === "consented"),
  items,
});

const view = (state: Schemas["CoApplicantState"], ready = true): Schemas["CoApplicantView"] => ({
  state,
  invitedBy: "Clara Beispiel",
  consent: words,
  ...(ready && { contentHash: hash }),
});

const answers = (
  application: Schemas["Application"],
  list: Schemas["CoApplicantList"],
): NonNullable<Scene["answers"]> => [
  [/^\/applications\/[^/]+\/co-applicants$/, list],
  [/^\/applications\/[^/]+$/, application],
  [/^\/forms\/[^/]+$/, { ...streetParty, id: draft.formId }],
];

const review = `/antraege/${draft.id}/bearbeiten?schritt=pruefen`;
const invitation = "/antraege/einladung#token=x";
const page = `/antraege/${draft.id}`;
const us = [
  person(1, "Bernd Beispiel", "joined", { you: true }),
  person(2, "Erika Muster", "consented", { consentedAt: "2026-11-22T10:00:00Z", trustLevel: "low" }),
];

const asOther = (state: Schemas["CoApplicantState"], ready = true): Scene & { path: string } => ({
  path: page,
  session: data.citizen,
  answers: answers({ ...draft, mine: false, coApplicant: view(state, ready) }, listOf(us)),
});

const editedJointly = {
  ...built.edited.content,
  layout: { ...built.edited.content.layout, applicants: { from: 2, to: 4, consent: { de: words } } },
};

/** Applications that several people make. */
export const jointScenes: Record<string, Scene & { path: string }> = {
  "joint-review": { path: review, session: data.citizen, answers: answers(draft, listOf(everybody)) },
  "joint-review-nobody": { path: review, session: data.citizen, answers: answers(draft, listOf([], 2)) },
  "joint-review-error": {
    path: review,
    session: data.citizen,
    answers: [[/co-applicants$/, 503], ...answers(draft, listOf([]))],
  },
  "joint-invite": {
    path: review,
    session: data.citizen,
    answers: answers(draft, listOf([])),
    press: "Person einladen",
  },
  "joint-remove": {
    path: review,
    session: data.citizen,
    answers: answers(draft, listOf(everybody.slice(0, 1))),
    press: "Entfernen",
  },
  "joint-invitation": {
    path: invitation,
    session: data.citizen,
    answers: [
      [
        /application-invitations$/,
        {
          invitedBy: "Clara Beispiel",
          name: "Karl von nebenan",
          serviceTitle: draft.serviceTitle,
          authorityName: draft.authorityName,
          expiresAt: "2026-12-06T10:00:00Z",
        } satisfies Schemas["ApplicationInvitation"],
      ],
    ],
  },
  // Whether it has run out, was withdrawn or used by somebody, is not told.
  "joint-invitation-old": {
    path: invitation,
    session: data.citizen,
    answers: [[/application-invitations$/, 410]],
  },
  "joint-invitation-signed-out": { path: invitation },
  "joint-read": asOther("joined"),
  "joint-unfinished": asOther("joined", false),
  "joint-consented": asOther("consented"),
  "joint-lapsed": asOther("lapsed"),
  "joint-refused": asOther("refused"),
  "joint-leave": { ...asOther("consented"), press: "Nicht mehr mitmachen" },
  "joint-level": {
    ...asOther("joined"),
    answers: answers(
      { ...draft, mine: false, neededTrustLevel: "substantial", coApplicant: view("joined") },
      listOf(us),
    ),
  },
  "joint-granted": {
    path: page,
    session: data.citizen,
    answers: answers(
      { ...granted, mine: false, coApplicant: view("consented") },
      listOf(everybody.slice(0, 1)),
    ),
  },
  "form-editor-applicants": {
    path: `/redaktion/formulare/${data.form.id}`,
    session: data.editor,
    answers: [[/admin\/forms\/[^/]+$/, { ...built.edited, content: editedJointly }]],
    press: "Hund anmelden Das ganze Formular",
  },
  "joint-applications": {
    path: "/antraege",
    session: data.citizen,
    answers: [
      [
        /^\/applications$/,
        {
          items: [
            { ...draft, coApplicantState: "lapsed" },
            { ...granted, id: "0197a3c2-7c3e-7d41-9a53-000000000961", coApplicantState: "consented" },
            { ...data.draft, id: "0197a3c2-7c3e-7d41-9a53-000000000962" },
          ],
        } satisfies Schemas["ApplicationList"],
      ],
    ],
  },
};
