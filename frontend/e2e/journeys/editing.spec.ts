/**
 * Editors at their desk: a corrected text is seen at a linked portal at once; two who write at the same time lose nothing; where
 * the portal wants it, a second person releases.
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { act, editorAt, openService, saved, teaser } from "../support/editors";
import { enterDate } from "../support/forms";
import { inspect } from "../support/inspect";
import { tabTo } from "../support/keyboard";
import { arrivesAt, content, section, shows } from "../support/pages";
import { expect, test } from "../support/test";

const sperrmuell = "Sperrmüll abholen lassen";
const dataSchema = join(import.meta.dirname, "../../../server/forms/testdata/xdf/stand-3.xml");
const mark = () => randomBytes(4).toString("hex");

test("an editor corrects a text at the county, and a citizen reads it at once at a municipality's portal", async ({
  page,
  where,
  anotherPerson,
}) => {
  test.slow(); // many steps, by one sign-in
  const corrected = `Sperrmüll holen wir an Ihrer Straße ab. ${mark()}`;
  await editorAt(page, "landkreis", "editor");
  await inspect(page, "editing-overview");
  await openService(page, "landkreis", sperrmuell);
  await inspect(page, "editing-service");
  const id = page.url().split("/").at(-1) ?? "";
  const citizen = await anotherPerson();
  await citizen.goto(`${where.portals.meppen}/leistungen/${id}`);
  await shows(citizen, sperrmuell);
  await expect(content(citizen).getByText(corrected)).toHaveCount(0);

  await teaser(page).fill(corrected);
  await saved(page);
  await test.step("the preview shows the draft, the citizen does not see it yet", async () => {
    await content(page).getByRole("link", { name: "Vorschau" }).click();
    await shows(page, `Vorschau: ${sperrmuell}`);
    await expect(content(page).getByText(corrected)).toBeVisible();
    await inspect(page, "editing-preview");
    await content(page).getByRole("link", { name: "Zurück zum Bearbeiten" }).click();
    await expect(teaser(page)).toHaveValue(corrected);
    await citizen.reload();
    await expect(content(citizen).getByText(corrected)).toHaveCount(0);
  });
  await act(page, "Veröffentlichen", "Jetzt veröffentlichen", "verständlicher");
  const released = Date.now();
  await expect(async () => {
    await citizen.reload();
    await expect(content(citizen).getByText(corrected)).toBeVisible({ timeout: 3_000 });
  }).toPass({ timeout: 30_000, intervals: [50] });
  test.info().annotations.push({ type: "seen after", description: `${Date.now() - released} ms` });

  await content(page).getByRole("link", { name: "Fassungen" }).click();
  await shows(page, `Fassungen: ${sperrmuell}`);
  await expect(content(page).getByText("verständlicher")).toBeVisible();
  await inspect(page, "editing-versions");

  await test.step("an office is set up with its hours, and is found at the municipality's portal at once", async () => {
    const office = `Beispielamt ${mark()}`;
    await page.goto(`${where.portals.landkreis}/redaktion/stellen`);
    await content(page).getByRole("button", { name: "Neu anlegen" }).click();
    await content(page).getByRole("group", { name: /^Name/ }).getByLabel("Deutsch").fill(office);
    await content(page).getByRole("button", { name: "Öffnungszeit hinzufügen" }).click();
    await saved(page);
    await act(page, "Veröffentlichen", "Jetzt veröffentlichen");
    const offices = `${where.portals.meppen}/stellen?q=${encodeURIComponent(office)}`;
    await expect(async () => {
      await citizen.goto(offices);
      await content(citizen).getByRole("link", { name: office, exact: true }).click({ timeout: 10_000 });
    }).toPass();
    await arrivesAt(citizen, office);
    await expect(section(citizen, "Adresse und Kontakt")).toContainText("08:00–12:00 Uhr");

    await test.step("it becomes competent for a new service with a fee, in one municipality", async () => {
      const service = `Beispielleistung ${mark()}`;
      const german = (name: RegExp) => content(page).getByRole("group", { name }).getByLabel("Deutsch");
      const pick = async (field: string, words: string, option: string) => {
        await content(page).getByRole("combobox", { name: field }).fill(words);
        await page.getByRole("option", { name: option }).first().click();
      };
      const begin = async (area: string) => {
        await page.goto(`${where.portals.landkreis}/redaktion/${area}`);
        await content(page).getByRole("button", { name: "Neu anlegen" }).click();
      };
      await begin("leistungen");
      await german(/^Titel/).fill(service);
      await teaser(page).fill("Nur zur Probe.");
      await content(page).getByRole("button", { name: "Gebühr hinzufügen" }).click();
      await german(/^Wofür/).fill("Ausstellung");
      await content(page).getByLabel("Betrag in Euro").fill("12,50");
      await saved(page);
      await act(page, "Veröffentlichen", "Jetzt veröffentlichen");
      const written = page.url();
      await begin("zustaendigkeiten");
      await pick("Leistung", service, service);
      await pick("Stelle", office, office);
      await pick("Gebiet", "Haren", "Haren (Ems), Stadt");
      await saved(page);
      await act(page, "Veröffentlichen", "Jetzt veröffentlichen");
      const stated = page.url();
      const address = `${where.portals.meppen}/leistungen/${written.split("/").at(-1)}`;
      await expect(async () => {
        await citizen.goto(`${address}?ars=034540018018`);
        await expect(content(citizen).getByRole("link", { name: office })).toBeVisible({ timeout: 3_000 });
      }).toPass({ timeout: 30_000 });
      await expect(content(citizen).getByText("12,50 €").first()).toBeVisible();
      await citizen.goto(`${address}?ars=034540035035`);
      await shows(citizen, service);
      await expect(content(citizen).getByRole("link", { name: office })).toHaveCount(0);
      for (const entry of [stated, written]) {
        await page.goto(entry);
        await act(page, "Löschen", "Löschen");
      }
    });

    await page.goto(`${where.portals.landkreis}/redaktion/stellen?q=${encodeURIComponent(office)}`);
    await content(page).getByRole("link", { name: office, exact: true }).click();
    await shows(page, office);
    await act(page, "Löschen", "Löschen");
    await expect(async () => {
      await citizen.goto(offices);
      await expect(content(citizen).getByText("Dazu kennen wir keine Stelle")).toBeVisible({
        timeout: 10_000,
      });
    }).toPass();
  });
});

test("two editors write at the same time: each part is chosen, and nothing is lost", async ({
  page,
  anotherPerson,
  complaints,
}) => {
  complaints.expect(/status of 412/); // the browser's note about what the portal refused to overwrite
  const colleague = await anotherPerson();
  await editorAt(page, "meppen", "editor");
  await editorAt(colleague, "meppen", "administrator");
  const title = "Hund anmelden (Hundesteuer)";
  await openService(page, "meppen", title);
  await openService(colleague, "meppen", title);
  const mine = `Meine Fassung ${mark()}`;
  const theirs = `Andere Fassung ${mark()}`;
  const english = colleague.getByRole("group", { name: /^Kurz gesagt/ }).getByLabel("Englisch");
  await teaser(colleague).fill(theirs);
  await english.fill("In English by the colleague");
  await saved(colleague);

  await teaser(page).fill(mine);
  await shows(page, "Jemand hat gleichzeitig geschrieben");
  await inspect(page, "editing-merge");
  await expect(content(page).getByText(theirs)).toBeVisible();
  await content(page)
    .getByRole("radio", { name: /Ihre Fassung/ })
    .check();
  await content(page).getByRole("button", { name: "Zusammengeführt speichern" }).click();
  await shows(page, title);
  await expect(teaser(page)).toHaveValue(mine);
  await expect(page.getByRole("group", { name: /^Kurz gesagt/ }).getByLabel("Englisch")).toHaveValue(
    "In English by the colleague",
  );
  await act(page, "Entwurf verwerfen", "Verwerfen");
});

test("a service is taken off: who follows its address at a linked portal is led on, until it is back", async ({
  page,
  where,
  anotherPerson,
  complaints,
}) => {
  complaints.expect(/status of 410/); // how the portal says that something has gone
  const title = "Problemstoffe abgeben"; // nothing that others look for
  await editorAt(page, "landkreis", "administrator");
  await openService(page, "landkreis", title);
  const address = `${where.portals.meppen}/leistungen/${page.url().split("/").at(-1)}`;
  const citizen = await anotherPerson();
  await citizen.goto(address);
  await shows(citizen, title);
  await act(page, "Vom Portal nehmen", "Vom Portal nehmen", "vorerst");
  const ended = content(citizen).getByText(/^Diese Leistung wird seit dem .* nicht mehr angeboten\.$/);
  await expect(async () => {
    await citizen.reload();
    await expect(ended).toBeVisible({ timeout: 3_000 });
  }).toPass({ timeout: 20_000 });
  await shows(citizen, title);
  await inspect(citizen, "service-ended");
  await expect(content(citizen).getByRole("combobox", { name: "Leistung suchen" })).toBeVisible();
  expect((await citizen.request.get(address)).status()).toBe(410);
  await act(page, "Veröffentlichen", "Jetzt veröffentlichen");
  await expect(async () => {
    await citizen.reload();
    await expect(ended).toHaveCount(0, { timeout: 3_000 });
  }).toPass({ timeout: 20_000 });
  await shows(citizen, title);
});

test("where the portal wants a second pair of eyes, the author cannot release alone", async ({
  page,
  where,
  anotherPerson,
}) => {
  const administrator = await anotherPerson();
  await editorAt(administrator, "lathen", "administrator");
  const fourEyes = async (on: boolean) => {
    await administrator.goto(`${where.portals.lathen}/redaktion/einstellungen`);
    await administrator.getByLabel("Vier-Augen-Prinzip").setChecked(on);
    await administrator.getByRole("button", { name: "Speichern" }).click();
    await expect(administrator.getByText("Gespeichert.")).toBeVisible();
  };
  await fourEyes(true);
  await inspect(administrator, "editing-settings");
  await editorAt(page, "lathen", "editor");
  await page.goto(`${where.portals.lathen}/redaktion/leistungen`);
  const first = content(page)
    .getByRole("listitem")
    .getByRole("heading", { level: 2 })
    .first()
    .getByRole("link");
  const title = (await first.textContent()) ?? "";
  await first.click();
  await arrivesAt(page, title);
  const sign = mark();
  const text = `Zu zweit geprüft ${sign}`;
  await teaser(page).fill(text);
  await saved(page);
  await expect(content(page).getByRole("button", { name: "Veröffentlichen", exact: true })).toHaveCount(0);
  await act(page, "Zur Prüfung geben", "Abgeben", "bitte prüfen");
  await expect(
    content(page).getByText("Sie haben mitgeschrieben: Freigeben muss eine andere Person."),
  ).toBeVisible();
  await inspect(page, "editing-in-review");

  await administrator.goto(`${where.portals.lathen}/redaktion?aufgabe=review`);
  await content(administrator).getByRole("link", { name: title, exact: true }).click();
  await shows(administrator, title);
  await expect(content(administrator).getByText(sign)).toBeVisible();
  await act(administrator, "Zurückgeben", "Zurückgeben", "Bitte kürzer.");
  await page.reload();
  await expect(content(page).getByText("Bitte kürzer.")).toBeVisible();
  await act(page, "Zur Prüfung geben", "Abgeben");
  await administrator.reload();
  await act(administrator, "Veröffentlichen", "Jetzt veröffentlichen");
  await expect(content(administrator).getByText("Veröffentlicht", { exact: true })).toBeVisible();

  await test.step("a form is built, tried, and released by the second person", async () => {
    const form = `Fund anzeigen ${sign}`;
    await page.goto(`${where.portals.lathen}/redaktion/formulare`);
    await buildForm(page, form);
    await tryForm(page);
    await act(page, "Zur Prüfung geben", "Zur Prüfung geben", "bitte prüfen");
    await expect(content(page).getByText(/^Zur Prüfung abgegeben\. Sie haben mitgeschrieben/)).toBeVisible();
    await expect(content(page).getByRole("button", { name: "Veröffentlichen", exact: true })).toHaveCount(0);
    const offered = page.url().replace("/redaktion/formulare/", "/api/v1/forms/");
    expect((await page.request.get(offered)).status()).toBe(404);
    await administrator.goto(page.url());
    await shows(administrator, form);
    await expect(content(administrator).getByText("bitte prüfen")).toBeVisible();
    await act(administrator, "Veröffentlichen", "Jetzt veröffentlichen");
    await expect(content(administrator).getByText("Veröffentlicht", { exact: true })).toBeVisible();
    expect(await (await page.request.get(offered)).json()).toMatchObject({
      title: { de: form },
      version: 1,
      layout: { fee: "/step/calculation" },
    });
    await act(administrator, "Vom Portal nehmen", "Vom Portal nehmen", "war nur eine Probe");
    await expect(content(administrator).getByText("Zurückgezogen", { exact: true })).toBeVisible();
    expect((await page.request.get(offered)).status()).toBe(404);
  });
  await test.step("a form begins with a data schema, whose rules are there to be seen to", async () => {
    await page.goto(`${where.portals.lathen}/redaktion/formulare`);
    await content(page).getByRole("button", { name: "Neues Formular" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Mit einem Datenschema von FIM").check();
    await dialog.getByLabel(/^Datei mit dem Datenschema/).setInputFiles(dataSchema);
    await dialog.getByRole("button", { name: "Beginnen" }).click();
    await arrivesAt(page, "Stand auf dem Markt anmelden");
    await content(page)
      .getByRole("link", { name: "Nachname: Regel aus FIM: Titel gehören nicht in den Namen." })
      .click();
    await expect(content(page).getByRole("heading", { name: "Nachname" })).toBeFocused();
    await content(page).getByRole("button", { name: "Erledigt" }).click();
    await expect(content(page).getByText("6 Hinweise sind noch anzusehen")).toBeVisible();
    await act(page, "Arbeitsfassung verwerfen", "Verwerfen");
    await arrivesAt(page, "Formulare");
  });
  await fourEyes(false);
});

/** Begins a form in the list, with a step of a common part and a question, which lacks its text at first, at the end of it. */
async function buildForm(page: Page, title: string): Promise<void> {
  await shows(page, "Formulare");
  await inspect(page, "forms-own");
  await content(page).getByRole("button", { name: "Neues Formular" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Titel des Formulars").fill(title);
  await dialog.getByRole("button", { name: "Beginnen" }).click();
  await arrivesAt(page, title);
  const german = (text: string) =>
    content(page).getByRole("group", { name: text, exact: true }).getByLabel("Deutsch");
  await content(page).getByRole("button", { name: "Schritt hinzufügen" }).click();
  await expect(german("Überschrift des Schritts")).toBeFocused();
  await page.keyboard.type("Der Fund");
  const add = async (kind: string, asks = "Frage") => {
    await content(page).getByLabel("Neue Frage").selectOption(kind);
    await content(page).getByRole("button", { name: "Frage hinzufügen" }).click();
    await expect(german(asks)).toBeFocused();
  };
  await add("Baustein: Person");
  await add("Text");
  await content(page)
    .getByRole("link", { name: /Hier fehlt der deutsche Text/ })
    .click();
  await expect(german("Frage")).toHaveAccessibleDescription(/Hier fehlt der deutsche Text/);
  await german("Frage").fill("Was haben Sie gefunden?");
  await expect(content(page).getByText("noch eine Stelle zu klären")).toHaveCount(0);
  const down = content(page).getByRole("button", { name: "Nach unten" });
  for (let place = 3; place <= 4; place += 1) {
    await down.press("Enter");
    await expect(page.getByText(`Was haben Sie gefunden? steht jetzt an Stelle ${place}.`)).toBeVisible();
  }
  await expect(down).toHaveCount(0);
  await expect(content(page).getByRole("button", { name: "Nach oben" })).toBeFocused();
  await add("Berechnung", "Bezeichnung");
  await page.keyboard.type("Gebühr");
  const amount = content(page).getByLabel("Betrag in Euro");
  await amount.press("Control+a");
  await amount.pressSequentially("12,50");
  await content(page).getByLabel("Das ist die Gebühr des Antrags").check();
  await expect(content(page).getByText("12,50 €").first()).toBeVisible();
  await saved(page);
  await inspect(page, "form-editor");
}

/** Tries the form that is being built as a citizen would fill it in: the portal judges the answers. */
async function tryForm(page: Page): Promise<void> {
  const judge = content(page).getByRole("button", { name: "Ganzes Formular prüfen lassen" });
  await judge.click();
  await expect(content(page).getByRole("heading", { name: "Bitte prüfen Sie 4 Angaben" })).toBeVisible();
  for (const [question, answer] of [
    ["Vorname", "Frieda"],
    ["Nachname", "Muster"],
    ["Was haben Sie gefunden?", "Einen Schirm"],
  ] as const) {
    await content(page).getByRole("textbox", { name: question, exact: true }).fill(answer);
  }
  await enterDate(page, "Geburtsdatum", ["10", "2", "1985"]);
  await judge.click();
  await expect(content(page).getByText("Das Portal würde den Antrag so annehmen.")).toBeVisible();
}

test("an editor finds, changes and publishes a text by the keyboard alone", async ({ page, where }) => {
  const service = "Fischereischein beantragen";
  const words = ` Stand: ${mark()}.`;
  await editorAt(page, "lathen", "editor");
  await page.goto(`${where.portals.lathen}/redaktion/leistungen`);
  await shows(page, "Leistungen");
  const search = content(page).getByRole("textbox").or(content(page).getByRole("searchbox")).first();
  await tabTo(page, search);
  await page.keyboard.type(service);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/q=/);
  await expect(content(page).getByRole("listitem").filter({ hasText: service })).toBeVisible();
  await tabTo(page, content(page).getByRole("link", { name: service, exact: true }));
  await page.keyboard.press("Enter");
  await arrivesAt(page, service);

  await tabTo(page, teaser(page), 150);
  await page.keyboard.press("Control+End");
  await page.keyboard.type(words);
  await saved(page);
  await tabTo(page, content(page).getByRole("button", { name: "Veröffentlichen", exact: true }), 250);
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  await expect(dialog).toBeVisible();
  await expect(dialog.locator(":focus")).toBeVisible();
  await tabTo(page, dialog.getByRole("textbox").last());
  await page.keyboard.type("ergänzt");
  await tabTo(page, dialog.getByRole("button", { name: "Jetzt veröffentlichen", exact: true }));
  await page.keyboard.press("Enter");
  await expect(dialog).toBeHidden();

  const id = page.url().split("/").at(-1) ?? "";
  await page.goto(`${where.portals.lathen}/leistungen/${id}`);
  await expect(content(page).getByText(words.trim())).toBeVisible();
});
