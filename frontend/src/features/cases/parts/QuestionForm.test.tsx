import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import { ApiProblem } from "../../../api/problem";
import type { FormDefinition } from "../../../forms/definition";
import { loadWords, startI18n } from "../../../i18n";
import { shiftDay, todayInGermany } from "../../../lib/dates";
import { caseFormQuery, templatesQuery, type Case } from "../api";
import { QuestionForm } from "./QuestionForm";

beforeEach(async () => {
  await startI18n("de");
  await loadWords("cases", "forms");
});

const definition: FormDefinition = {
  schema: { type: "object" },
  layout: {
    steps: [
      {
        id: "dog",
        title: { de: "Hund" },
        fields: [
          { name: "name", kind: "text", label: { de: "Name" } },
          { name: "born", kind: "date", label: { de: "Geboren am" } },
        ],
      },
    ],
  },
};
const item = {
  id: "0197a3c2-7c3e-7d41-9a53-000000000130",
  formId: "0197a3c2-7c3e-7d41-9a53-000000000040",
  formVersion: 1,
  data: { dog: { name: "Bello", born: "2024-03-09" } },
  timeline: [],
} as unknown as Case;

function show(onSend = vi.fn(() => Promise.resolve())) {
  const client = new QueryClient();
  client.setQueryData(caseFormQuery(item.formId, item.formVersion).queryKey, definition);
  client.setQueryData(templatesQuery.queryKey, []);
  render(
    <QueryClientProvider client={client}>
      <QuestionForm item={item} onSend={onSend} onCancel={vi.fn()} />
    </QueryClientProvider>,
  );
  return onSend;
}

const press = (name: string) => userEvent.click(screen.getByRole("button", { name }));
const labels = () => screen.getAllByLabelText("Was soll die Person schicken?");
const ask = () => userEvent.type(screen.getByLabelText("Ihre Frage"), "Was fehlt?");
/** Ticks what stands in the part that jsdom does not unfold. */
const tick = (name: string) => userEvent.click(screen.getByRole("checkbox", { name, hidden: true }));

test("words alone are sent as they always were", async () => {
  const onSend = show();
  await ask();
  await press("Frage senden");
  expect(onSend).toHaveBeenCalledWith({ text: "Was fehlt?" }, expect.any(String));
});

test("the focus goes to a document that is added, and to what is left when one is removed", async () => {
  show();
  await press("Unterlage anfordern");
  expect(labels()[0]).toHaveFocus();
  await press("Weitere Unterlage");
  expect(labels()[1]).toHaveFocus();
  await press("Entfernen Unterlage 2");
  expect(labels()[0]).toHaveFocus();
  await press("Entfernen Unterlage 1");
  expect(screen.getByRole("button", { name: "Unterlage anfordern" })).toHaveFocus();
});

test("ten documents at most", async () => {
  show();
  await press("Unterlage anfordern");
  for (let more = 1; more < 10; more++) await press("Weitere Unterlage");
  expect(labels()).toHaveLength(10);
  expect(screen.queryByRole("button", { name: "Weitere Unterlage" })).toBeNull();
});

test("documents, answers of the form and the day go along", async () => {
  const onSend = show();
  const until = shiftDay(todayInGermany(), 20, "d");
  const [year = "", month = "", day = ""] = until.split("-");
  await ask();
  await press("Unterlage anfordern");
  await userEvent.type(screen.getByLabelText("Was soll die Person schicken?"), " Impfpass ");
  await tick("Geboren am 9. März 2024");
  await userEvent.type(screen.getByLabelText("Tag"), day);
  await userEvent.type(screen.getByLabelText("Monat"), month);
  await userEvent.type(screen.getByLabelText("Jahr"), year);
  await press("Frage senden");
  expect(onSend).toHaveBeenCalledWith(
    { text: "Was fehlt?", documents: [{ label: "Impfpass" }], fields: ["/dog/born"], until },
    expect.any(String),
  );
});

test("what is wrong stands at its field, before it is sent and after", async () => {
  const refused = new ApiProblem(
    {
      title: "Bitte prüfen",
      errors: [
        { pointer: "/documents/1/label", code: "uniqueItems", message: "Steht schon da." },
        { pointer: "/fields/0", code: "field", message: "Gibt es nicht." },
        { pointer: "/until", code: "date", message: "Zu früh." },
      ],
    },
    { status: 422 },
  );
  const onSend = show(vi.fn(() => Promise.reject(refused)));
  await press("Unterlage anfordern");
  await userEvent.type(screen.getByLabelText("Tag"), "1");
  await press("Frage senden");
  expect(screen.getByLabelText("Ihre Frage")).toHaveAccessibleDescription(/schreiben Sie eine Frage/);
  expect(labels()[0]).toHaveAccessibleDescription(/Unterlage 1: Bitte schreiben Sie/);
  expect(screen.getByLabelText("Tag")).toHaveAccessibleDescription(/ab morgen/);
  expect(onSend).not.toHaveBeenCalled();

  await userEvent.clear(screen.getByLabelText("Tag"));
  await ask();
  await userEvent.type(screen.getByLabelText("Was soll die Person schicken?"), "Pass");
  await press("Weitere Unterlage");
  await userEvent.type(screen.getAllByLabelText("Was soll die Person schicken?")[1] as HTMLElement, "Pass");
  await tick("Name Bello");
  await press("Frage senden");
  await vi.waitFor(() => expect(labels()[1]).toHaveAccessibleDescription(/Steht schon da/));
  expect(screen.getByRole("checkbox", { name: "Name Bello" })).toHaveAccessibleDescription(/Gibt es nicht/);
  expect(screen.getByLabelText("Tag")).toHaveAccessibleDescription(/Zu früh/);
});
