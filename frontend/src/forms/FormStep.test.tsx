import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { portalQuery } from "../api/portal";
import { loadWords, startI18n } from "../i18n";
import { Button } from "../ui/Button";
import type { Answers, FormDefinition } from "./definition";
import type { FormFiles } from "./Uploads";
import { FormStep } from "./FormStep";
import { useSchemaForm } from "./useSchemaForm";

const definition: FormDefinition = {
  schema: {
    type: "object",
    required: ["dog"],
    properties: {
      dog: {
        type: "object",
        additionalProperties: false,
        required: ["name", "born", "known", "list"],
        properties: {
          name: { type: "string", minLength: 1, maxLength: 20 },
          born: { type: "string", format: "date" },
          weight: { type: "number", minimum: 1 },
          known: { type: "string", enum: ["yes", "no"] },
          place: { type: "string", minLength: 1 },
          list: {
            type: "array",
            minItems: 1,
            maxItems: 2,
            items: { type: "object", required: ["colour"], properties: { colour: { type: "string" } } },
          },
          proof: { type: "string", format: "uuid" },
        },
        if: { properties: { known: { const: "yes" } }, required: ["known"] },
        then: { required: ["place"] },
      },
    },
  },
  layout: {
    steps: [
      {
        id: "dog",
        title: { de: "Ihr Hund" },
        fields: [
          { name: "name", kind: "text", label: { de: "Name" } },
          { name: "born", kind: "date", label: { de: "Geboren am" } },
          { name: "weight", kind: "number", label: { de: "Gewicht" } },
          {
            name: "known",
            kind: "radio",
            label: { de: "Schon angemeldet?" },
            options: [
              { value: "yes", label: { de: "Ja" } },
              { value: "no", label: { de: "Nein" } },
            ],
          },
          { name: "place", kind: "text", label: { de: "Wo?" }, showWhen: { field: "known", equals: "yes" } },
          {
            name: "list",
            kind: "group",
            label: { de: "Merkmale" },
            itemLabel: { de: "Merkmal" },
            fields: [{ name: "colour", kind: "text", label: { de: "Farbe" } }],
          },
          { name: "proof", kind: "file", label: { de: "Impfpass" } },
        ],
      },
    ],
  },
};

const files: FormFiles = {
  known: new Map(),
  upload: (file) =>
    file.name === "wrong.exe"
      ? Promise.reject(new Error("refused"))
      : Promise.resolve({ id: "0197a3c2-7c3e-7d41-9a53-0f6f5a1c2b3d", name: file.name, size: file.size }),
  remove: () => Promise.resolve(),
  explain: () => "Diese Datei nehmen wir nicht an.",
};

const payment: FormDefinition = {
  schema: {
    type: "object",
    properties: {
      pay: {
        type: "object",
        required: ["iban", "income", "country"],
        properties: {
          iban: { type: "string", format: "iban" },
          income: { type: "integer", minimum: 1000 },
          country: { type: "string", enum: ["DE", "NL", "PL"] },
          copies: { type: "integer" },
          from: { type: "string", format: "date" },
          fee: { type: "integer" },
        },
      },
    },
  },
  layout: {
    fee: "/pay/fee",
    steps: [
      {
        id: "pay",
        title: { de: "Bezahlen" },
        fields: [
          { name: "iban", kind: "iban", label: { de: "IBAN" } },
          { name: "income", kind: "money", label: { de: "Einkommen" } },
          {
            name: "country",
            kind: "combobox",
            label: { de: "Land" },
            options: [
              { value: "DE", label: { de: "Deutschland" } },
              { value: "NL", label: { de: "Niederlande" } },
              { value: "PL", label: { de: "Polen" } },
            ],
          },
          { name: "copies", kind: "number", label: { de: "Kopien" } },
          { name: "from", kind: "date", label: { de: "Ab wann" }, earliest: "2027-01-01" },
          {
            name: "fee",
            kind: "calculation",
            label: { de: "Gebühr" },
            calculation: {
              unit: "cents",
              terms: [
                { label: { de: "Urkunde" }, amount: 1500 },
                { label: { de: "Weitere" }, amount: 750, times: ["copies"], less: 1 },
              ],
            },
          },
        ],
      },
    ],
  },
};

function Form({ onSent, asked }: { onSent: (answers: Answers) => void; asked: FormDefinition }) {
  const form = useSchemaForm(asked, {});
  const [step] = asked.layout.steps;
  if (!step) return null;
  return (
    <FormStep
      form={form}
      step={step}
      files={files}
      language="de"
      caption="Hund anmelden"
      onSubmit={() => {
        if (form.check(step.id)) onSent(form.toSend);
      }}
    >
      <Button type="submit">Weiter</Button>
    </FormStep>
  );
}

function setUp(asked = definition) {
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: Infinity } } });
  client.setQueryData(portalQuery.queryKey, { name: "Stadt Meppen" } as never);
  const onSent = vi.fn();
  render(
    <QueryClientProvider client={client}>
      <Form onSent={onSent} asked={asked} />
    </QueryClientProvider>,
  );
  return { onSent, user: userEvent.setup() };
}

const next = () => screen.getByRole("button", { name: "Weiter" });
const country = () => screen.getByRole("combobox", { name: "Land" });
const field = (name: string) => screen.getByRole("textbox", { name });

beforeEach(async () => {
  await startI18n("de");
  await loadWords("forms");
});

describe("a step of a form", () => {
  test("says what is missing in a summary that takes the focus, and at each question", async () => {
    const { onSent, user } = setUp();
    await user.click(next());
    expect(onSent).not.toHaveBeenCalled();
    const summary = screen
      .getByText("Bitte prüfen Sie 4 Angaben")
      .closest(".pv-error-summary") as HTMLElement;
    expect(summary).toHaveFocus();
    const links = within(summary)
      .getAllByRole("link")
      .map((link) => link.textContent);
    expect(links).toEqual([
      "Bitte füllen Sie „Name“ aus.",
      "Bitte geben Sie ein Datum bei „Geboren am“ an.",
      "Bitte wählen Sie etwas bei „Schon angemeldet?“ aus.",
      "Bitte füllen Sie „Farbe“ aus.",
    ]);
    expect(field("Name")).toHaveAccessibleDescription("Fehler: Bitte füllen Sie „Name“ aus.");
    await user.click(within(summary).getByText("Bitte füllen Sie „Farbe“ aus."));
    expect(field("Farbe")).toHaveFocus();
  });

  test("an error goes when it is mended, without taking the focus again", async () => {
    const { user } = setUp();
    await user.click(next());
    await user.type(field("Name"), "Bello");
    expect(field("Name")).toHaveFocus();
    expect(screen.getByText("Bitte prüfen Sie 3 Angaben")).toBeInTheDocument();
    expect(field("Name")).not.toHaveAttribute("aria-invalid");
  });

  test("sends dates and numbers as the schema wants them, and drops what was hidden again", async () => {
    const { onSent, user } = setUp();
    await user.type(field("Name"), "Bello");
    await user.type(field("Tag"), "9");
    await user.type(field("Monat"), "3");
    await user.type(field("Jahr"), "2020");
    await user.type(screen.getByRole("textbox", { name: /Gewicht/ }), "12,5");
    await user.click(screen.getByRole("radio", { name: "Ja" }));
    await user.type(field("Wo?"), "Lathen");
    await user.click(screen.getByRole("radio", { name: "Nein" }));
    await user.type(field("Farbe"), "braun");
    await user.click(next());
    expect(onSent).toHaveBeenCalledWith({
      dog: { name: "Bello", born: "2020-03-09", weight: 12.5, known: "no", list: [{ colour: "braun" }] },
    });
  });

  test("a date that does not exist and a number that is none are named", async () => {
    const { user } = setUp();
    await user.type(field("Tag"), "30");
    await user.type(field("Monat"), "2");
    await user.type(field("Jahr"), "2020");
    await user.type(screen.getByRole("textbox", { name: /Gewicht/ }), "schwer");
    await user.click(next());
    expect(screen.getAllByText(/bei „Geboren am“ ein gültiges Datum/)).toHaveLength(2);
    expect(screen.getAllByText(/bei „Gewicht“ eine Zahl/)).toHaveLength(2);
    expect(field("Tag")).toHaveValue("30");
  });

  test("items of a group are added and removed, and the focus goes along", async () => {
    const { user } = setUp();
    await user.click(screen.getByRole("button", { name: "Merkmal hinzufügen" }));
    expect(screen.getByRole("heading", { name: "Merkmal 2" })).toHaveFocus();
    expect(screen.queryByRole("button", { name: "Merkmal hinzufügen" })).not.toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Entfernen Merkmal 2" }));
    expect(screen.getByRole("heading", { name: "Merkmal 1" })).toHaveFocus();
    expect(screen.queryByRole("heading", { name: "Merkmal 2" })).not.toBeInTheDocument();
  });

  test("an item that was removed comes back with its answers, where it was", async () => {
    const { onSent, user } = setUp();
    await user.type(field("Farbe"), "braun");
    await user.click(screen.getByRole("button", { name: "Merkmal hinzufügen" }));
    await user.type(screen.getAllByRole("textbox", { name: "Farbe" })[1] as HTMLElement, "weiß");
    await user.click(screen.getByRole("button", { name: "Entfernen Merkmal 1" }));
    expect(field("Farbe")).toHaveValue("weiß");
    await user.type(field("Name"), "Bello");
    await user.click(screen.getByRole("button", { name: "Rückgängig machen" }));
    expect(screen.getByRole("heading", { name: "Merkmal 1" })).toHaveFocus();
    expect(
      screen.getAllByRole("textbox", { name: "Farbe" }).map((box) => (box as HTMLInputElement).value),
    ).toEqual(["braun", "weiß"]);
    expect(field("Name")).toHaveValue("Bello");
    expect(onSent).not.toHaveBeenCalled();
  });

  test("a file that was taken is listed, one that was refused says why, and both can go", async () => {
    const { user } = setUp();
    const input = screen.getByLabelText(/Impfpass/);
    await user.upload(input, new File(["x"], "wrong.exe"));
    expect(await screen.findByRole("alert")).toHaveTextContent("Diese Datei nehmen wir nicht an.");
    await user.click(screen.getByRole("button", { name: "Schließen wrong.exe" }));
    await user.upload(input, new File(["x"], "pass.pdf"));
    expect(await screen.findByRole("button", { name: /Entfernen/ })).toBeInTheDocument();
    expect(input).toBeDisabled();
    await user.click(screen.getByRole("button", { name: /Entfernen/ }));
    expect(input).toBeEnabled();
  });

  test("IBAN, amount, country and date are named when they are wrong, and sent in one form when right", async () => {
    const { onSent, user } = setUp(payment);
    fireEvent.change(field("IBAN"), { target: { value: "DE89 3704 0044 0532 0130 01" } });
    fireEvent.change(field("Einkommen"), { target: { value: "viel" } });
    fireEvent.change(country(), { target: { value: "Ruritanien" } });
    fireEvent.change(field("Tag"), { target: { value: "31" } });
    fireEvent.change(field("Monat"), { target: { value: "12" } });
    fireEvent.change(field("Jahr"), { target: { value: "2026" } });
    await user.click(next());
    expect(screen.getAllByRole("link").map((link) => link.textContent)).toEqual([
      "Bitte prüfen Sie die IBAN bei „IBAN“. Sie steht auf Ihrer Bankkarte und auf Kontoauszügen.",
      "Bitte geben Sie bei „Einkommen“ einen Betrag in Euro an, zum Beispiel 12,50.",
      "Bitte wählen Sie etwas bei „Land“ aus.",
      "Bitte geben Sie bei „Ab wann“ ein Datum ab dem 1. Januar 2027 an.",
    ]);
    fireEvent.change(field("IBAN"), { target: { value: "de89 3704 0044 0532 0130 00" } });
    fireEvent.change(field("Einkommen"), { target: { value: "1.234,5 €" } });
    fireEvent.change(country(), { target: { value: "nied" } });
    await user.type(country(), "{ArrowDown}{Enter}");
    fireEvent.change(field("Jahr"), { target: { value: "2027" } });
    fireEvent.change(screen.getByRole("textbox", { name: /Kopien/ }), { target: { value: "3" } });
    expect(screen.getByRole("region", { name: "Gebühr" })).toHaveTextContent(
      /Urkunde15,00 €Weitere 2 × 7,50 €15,00 €Gebühr30,00 €/,
    );
    await user.click(next());
    expect(onSent).toHaveBeenCalledWith({
      pay: {
        iban: "DE89370400440532013000",
        income: 123450,
        country: "NL",
        copies: 3,
        from: "2027-12-31",
        fee: 3000,
      },
    });
  });
});
