import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import { ApiProblem } from "../../../api/problem";
import type { FormDefinition } from "../../../forms/definition";
import { loadWords, startI18n } from "../../../i18n";
import { answerAuthority, formQuery, type Application, type TimelineEvent } from "../api";
import { openRequest } from "../request";
import { AnswerForm } from "./AnswerForm";

vi.mock("../api", async (original) => ({ ...(await original<object>()), answerAuthority: vi.fn() }));

beforeEach(async () => {
  HTMLDialogElement.prototype.showModal = function (this: HTMLDialogElement) {
    this.open = true; // jsdom has no dialogs
  };
  vi.mocked(answerAuthority)
    .mockReset()
    .mockResolvedValue({} as TimelineEvent);
  await startI18n("de");
  await loadWords("applications", "forms");
});

const definition: FormDefinition = {
  schema: {
    type: "object",
    required: ["dog"],
    properties: {
      dog: {
        type: "object",
        required: ["name", "weight"],
        properties: { name: { type: "string", minLength: 2 }, weight: { type: "number", minimum: 1 } },
      },
    },
  },
  layout: {
    steps: [
      {
        id: "dog",
        title: { de: "Hund" },
        fields: [
          { name: "name", kind: "text", label: { de: "Name" } },
          { name: "weight", kind: "number", label: { de: "Gewicht" } },
        ],
      },
    ],
  },
};

const base = {
  id: "0197a3c2-7c3e-7d41-9a53-000000000060",
  formId: "0197a3c2-7c3e-7d41-9a53-000000000040",
  formVersion: 1,
  state: "question",
  contentKept: true,
  data: { dog: { name: "Bello", weight: 12 } },
  attachments: [],
  timeline: [
    {
      id: "q",
      at: "2026-11-23T10:40:00Z",
      kind: "question",
      by: "authority",
      requested: { documents: [{ id: "one", label: "Impfpass" }], fields: ["/dog/weight"] },
    },
  ],
} as unknown as Application;

const passport = {
  id: "0197a3c2-7c3e-7d41-9a53-000000000050",
  name: "pass.pdf",
  field: "#one",
  mediaType: "application/pdf",
  size: 100,
  sha256: "",
};
const prepared = { ...base, answer: { attachments: [passport], uploads: [] } };

function show(application: Application) {
  const client = new QueryClient();
  client.setQueryData(formQuery(application.formId, application.formVersion).queryKey, definition);
  const onSent = vi.fn();
  const request = openRequest(application);
  if (!request) throw new Error("nothing is asked for");
  render(
    <QueryClientProvider client={client}>
      <AnswerForm application={application} request={request} onSent={onSent} />
    </QueryClientProvider>,
  );
  return onSent;
}

const press = (name: string) => userEvent.click(screen.getByRole("button", { name }));
const sent = () => vi.mocked(answerAuthority).mock.calls.map(([, body]) => body);
async function weighs(text: string) {
  const field = screen.getByLabelText("Gewicht");
  await userEvent.clear(field);
  await userEvent.type(field, text);
}

test("nothing at all is not sent, and says what to do", async () => {
  show(base);
  await press("Antwort senden");
  expect(screen.getByLabelText(/Nachricht dazu/)).toHaveAccessibleDescription(
    /laden Sie eine Unterlage hoch/,
  );
  expect(sent()).toEqual([]);
});

test("what was uploaded before is there, and is sent with the answer that was changed, and with no other", async () => {
  const onSent = show(prepared);
  expect(screen.getByRole("button", { name: "Entfernen pass.pdf" })).toBeVisible();
  await weighs("21,5");
  await press("Antwort senden");
  expect(sent()).toEqual([{ attachments: [passport.id], values: [{ pointer: "/dog/weight", value: 21.5 }] }]);
  await vi.waitFor(() => expect(onSent).toHaveBeenCalledOnce());
});

test("with something missing it asks back, naming that; with words it does not", async () => {
  show(prepared);
  await press("Antwort senden");
  const dialog = within(screen.getByRole("dialog", { hidden: true }));
  expect(dialog.getByText("Gewicht (unverändert)")).toBeInTheDocument();
  expect(sent()).toEqual([]);
  await userEvent.click(dialog.getByRole("button", { name: "Trotzdem senden", hidden: true }));
  expect(sent()).toEqual([{ attachments: [passport.id] }]);
});

test("words say why something is missing", async () => {
  show(base);
  await userEvent.type(screen.getByLabelText(/Nachricht dazu/), "Kommt am Montag.");
  await press("Antwort senden");
  expect(sent()).toEqual([{ text: "Kommt am Montag." }]);
});

test("the form's own rules hold for what is asked for, also where the other answers are not here any more", async () => {
  show({ ...base, contentKept: false, data: {} });
  await weighs("0");
  await press("Antwort senden");
  expect(screen.getByLabelText("Gewicht")).toHaveAccessibleDescription(/mindestens 1/);
  expect(sent()).toEqual([]);
  await weighs("9");
  await userEvent.type(screen.getByLabelText(/Nachricht dazu/), "Der Pass folgt.");
  await press("Antwort senden");
  expect(sent()).toEqual([{ text: "Der Pass folgt.", values: [{ pointer: "/dog/weight", value: 9 }] }]);
});

test("what the portal finds wrong stands at its field", async () => {
  vi.mocked(answerAuthority).mockRejectedValue(
    new ApiProblem(
      {
        title: "Bitte prüfen",
        errors: [
          { pointer: "/values/0/value", code: "minimum", message: "zu klein", params: { limit: 30 } },
          { pointer: "/attachments/0", code: "attachment", message: "Diese Datei ist nicht mehr da." },
        ],
      },
      { status: 422 },
    ),
  );
  show(prepared);
  await weighs("20");
  await press("Antwort senden");
  await vi.waitFor(() =>
    expect(screen.getByLabelText("Gewicht")).toHaveAccessibleDescription(/mindestens 30/),
  );
  expect(screen.getByLabelText("Impfpass")).toHaveAccessibleDescription(/nicht mehr da/);
});
