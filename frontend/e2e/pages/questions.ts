import type { Schemas } from "../../src/api/client";
import * as data from "./fixtures";
import type { Scene } from "./mock";

type Event = Schemas["TimelineEvent"];

const insurance = "0197a3c2-7c3e-7d41-9a53-0f6f5a1c0a01";
const photo = "0197a3c2-7c3e-7d41-9a53-0f6f5a1c0a02";

const asked: Event = {
  id: "0197a3c2-7c3e-7d41-9a53-0f6f5a1c0a10",
  at: "2026-11-23T10:40:00Z",
  kind: "question",
  by: "authority",
  name: "Steueramt, Stadt Meppen",
  text: "Guten Tag,\nuns fehlt noch der Nachweis der Versicherung, und das Gewicht von Bello kann nicht stimmen.",
  requested: {
    until: "2026-12-15",
    documents: [
      { id: insurance, label: "Haftpflichtversicherung des Hundes", hint: "Der Versicherungsschein genügt." },
      { id: photo, label: "Foto der Steuermarke" },
    ],
    fields: ["/dogs/list/0/weight", "/dogs/previous", "/person/phone"],
  },
};
const before = data.question.timeline.filter(({ kind }) => kind !== "question");
const question: Schemas["Application"] = {
  ...data.question,
  timeline: [...before, asked],
  answer: { attachments: [], uploads: [] },
};

const policy: Schemas["Attachment"] = {
  id: "0197a3c2-7c3e-7d41-9a53-0f6f5a1c0a20",
  name: "versicherungsschein.pdf",
  field: `#${insurance}`,
  mediaType: "application/pdf",
  size: 182_133,
  sha256: "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
  available: true,
};
const half: Schemas["Application"] = {
  ...question,
  answer: {
    attachments: [policy],
    uploads: [
      {
        id: "0197a3c2-7c3e-7d41-9a53-0f6f5a1c0a21",
        name: "steuermarke.jpg",
        field: `#${photo}`,
        size: 8_482_133,
        received: 3_200_000,
        expiresAt: "2026-12-24T10:00:00Z",
      },
    ],
  },
};

const answer: Event = {
  id: "0197a3c2-7c3e-7d41-9a53-0f6f5a1c0a11",
  at: "2026-11-25T17:03:00Z",
  kind: "message",
  by: "citizen",
  text: "Das Foto der Marke reiche ich nach.",
  attachments: [policy],
  values: [
    { pointer: "/dogs/list/0/weight", value: 21.5 },
    { pointer: "/dogs/previous", value: "Dörpen" },
    { pointer: "/person/phone", value: "05931 153 0" },
  ],
};
const photograph: Event = {
  id: "0197a3c2-7c3e-7d41-9a53-0f6f5a1c0a12",
  at: "2026-11-26T08:30:00Z",
  kind: "message",
  by: "citizen",
  attachments: [
    {
      ...policy,
      id: "0197a3c2-7c3e-7d41-9a53-0f6f5a1c0a22",
      name: "steuermarke.jpg",
      field: `#${photo}`,
      mediaType: "image/jpeg",
      size: 8_482_133,
      available: false,
    },
  ],
};

const answered: Schemas["Case"] = {
  ...data.caseItem,
  state: "inProgress",
  timeline: [...before, asked, answer, photograph],
};
const closed: Event = {
  id: "0197a3c2-7c3e-7d41-9a53-0f6f5a1c0a13",
  at: "2026-12-03T09:00:00Z",
  kind: "closed",
  by: "authority",
  name: "Steueramt, Stadt Meppen",
  text: "Bello ist schon in Lathen angemeldet. Damit ist hier nichts mehr zu tun.",
};

const application = (answers: unknown, more: Partial<Scene> = {}): Scene & { path: string } => ({
  path: `/antraege/${data.question.id}`,
  session: data.citizen,
  answers: [[/^\/applications\/[^/]+$/, answers]],
  ...more,
});
const desk = (answers: unknown, more: Partial<Scene> = {}): Scene & { path: string } => ({
  path: `/mitarbeit/vorgaenge/${data.caseItem.id}`,
  session: data.clerk,
  answers: [[/^\/cases\/[^/]+$/, answers]],
  ...more,
});

/** What an authority asks for, at both sides. */
export const questionScenes: Record<string, Scene & { path: string }> = {
  "case-question": desk(data.caseItem, {
    press: ["Rückfrage stellen", "Unterlage anfordern"],
  }),
  "case-question-errors": desk(data.caseItem, {
    press: ["Rückfrage stellen", "Unterlage anfordern", "Weitere Unterlage", "Frage senden"],
  }),
  "case-question-fields": desk(data.caseItem, {
    press: ["Rückfrage stellen"],
    openAfter: ["Angaben berichtigen"],
  }),
  "case-message": desk(data.caseItem, { press: ["Nachricht schreiben", "Nachricht senden"] }),
  "case-close": desk(data.caseItem, { press: "Ohne Bescheid abschließen" }),
  "case-asked": desk({ ...data.caseItem, state: "question", timeline: [...before, asked] }),
  "case-answered": desk(answered),
  "case-closed": desk({ ...answered, state: "closed", timeline: [...answered.timeline, closed] }),
  "application-asked": application(question),
  "application-asked-elsewhere": application({ ...question, contentKept: false, data: {} }),
  "application-asked-half": application(half),
  "application-asked-errors": application(question, { press: "Antwort senden" }),
  "application-asked-missing": application(half, { press: "Antwort senden" }),
  "application-still-missing": application({
    ...question,
    state: "inProgress",
    timeline: [...before, asked, answer],
  }),
  "application-answered": application({
    ...question,
    state: "inProgress",
    timeline: [...before, asked, answer, photograph],
  }),
  "application-closed": application({
    ...question,
    state: "closed",
    timeline: [...before, asked, answer, closed],
  }),
};
