import { expect, test } from "vitest";
import type { Application, TimelineEvent } from "./api";
import { openRequest } from "./request";

const event = (id: string, more: Partial<TimelineEvent>): TimelineEvent => ({
  id,
  at: "2026-11-23T10:40:00Z",
  kind: "message",
  by: "citizen",
  ...more,
});
const asked = event("q", {
  kind: "question",
  by: "authority",
  requested: {
    documents: [
      { id: "one", label: "Pass" },
      { id: "two", label: "Foto" },
    ],
    fields: ["/dog/name"],
  },
});
const file = { id: "f", name: "a.pdf", mediaType: "application/pdf", size: 1, sha256: "" };
const pass = event("a", {
  attachments: [{ ...file, field: "#one" }],
  values: [{ pointer: "/dog/name", value: "Bello" }],
});
const photo = event("b", { attachments: [{ ...file, field: "#two" }] });
const words = event("w", { kind: "question", by: "authority", text: "Wann?" });

const open = (state: Application["state"], ...timeline: TimelineEvent[]) => {
  const found = openRequest({ state, timeline } as Application);
  return found && [...found.documents.map(({ label }) => label), ...found.fields];
};

test("everything that was asked for, until it is sent; the rest can be sent later", () => {
  expect(open("question", asked)).toEqual(["Pass", "Foto", "/dog/name"]);
  expect(open("inProgress", asked, pass)).toEqual(["Foto"]);
  expect(open("inProgress", asked, pass, photo)).toBeUndefined();
});

test("a question of words alone waits for words, whatever an earlier one wanted", () => {
  expect(open("question", asked, pass, words)).toBeUndefined();
  expect(open("inProgress", asked, pass, words, event("c", { text: "Morgen." }))).toEqual(["Foto"]);
  expect(open("inProgress")).toBeUndefined();
});
