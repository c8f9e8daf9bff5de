/**
 * Sources of the catalog: an administrator sets up a directory, looks at what an import would change, imports, a citizen finds
 * the new service, the import is undone, and it is gone. A file with bad records says line by line what was left out.
 */
import type { Page } from "@playwright/test";
import { editorAt } from "../support/editors";
import { inspect } from "../support/inspect";
import { arrivesAt, content, followMenu, results, section, shows } from "../support/pages";
import { expect, test } from "../support/test";

const service = "Jagdabgabe zahlen";
const source = "Suchdienst (Beispiel)";

const badge = (page: Page, text: string) =>
  content(page).locator(".kern-badge").getByText(text, { exact: true });

/** Whether a citizen's search finds the service, as the page says when it has been loaded anew. */
async function finds(citizen: Page, found: boolean): Promise<void> {
  await expect(async () => {
    await citizen.reload();
    await expect(content(citizen)).toContainText(/Leistung(en)? gefunden|nichts gefunden/, {
      timeout: 10_000,
    });
    await expect(results(citizen).getByText(service, { exact: true })).toHaveCount(found ? 1 : 0, {
      timeout: 3_000,
    });
  }).toPass({ timeout: 60_000 });
}

/** Waits until the run on the page has come to this end. */
async function ends(page: Page, state: string): Promise<void> {
  await expect(badge(page, state).first()).toBeVisible({ timeout: 60_000 });
}

test("what is missing or not possible in a new source is named at its field", async ({
  page,
  complaints,
}) => {
  complaints.expect(/status of 422/);
  await editorAt(page, "meppen", "administrator");
  await followMenu(page, "Quellen");
  await content(page).getByRole("link", { name: "Quelle einrichten" }).click();
  await arrivesAt(page, "Quelle einrichten");
  await content(page)
    .getByRole("radio", { name: /^PVOG-Suchdienst/ })
    .check();
  await content(page).getByRole("button", { name: "Quelle einrichten" }).click();
  await expect(
    content(page).getByRole("link", { name: "Bitte füllen Sie das Feld „Orte“ aus." }),
  ).toBeVisible();
  await content(page).getByLabel("Name der Quelle").fill(source);
  await content(page).getByLabel("Orte").fill("Meppen");
  await content(page).getByRole("button", { name: "Quelle einrichten" }).click();
  await expect(
    content(page).getByRole("link", { name: /„Meppen“ ist kein Regionalschlüssel/ }),
  ).toBeVisible();
  await inspect(page, "sources-new");
});

test("a directory is set up, looked at, imported from, found by a citizen, and undone", async ({
  page,
  where,
  anotherPerson,
}) => {
  test.slow(); // two people, and all that a source can do
  await editorAt(page, "meppen", "administrator");
  await followMenu(page, "Quellen");
  await expect(content(page).getByText("Es ist noch keine Quelle eingerichtet.")).toBeVisible();
  await test.step("it is set up", async () => {
    await content(page).getByRole("link", { name: "Quelle einrichten" }).click();
    await arrivesAt(page, "Quelle einrichten");
    await content(page)
      .getByRole("radio", { name: /^PVOG-Suchdienst/ })
      .check();
    await content(page).getByLabel("Name der Quelle").fill(source);
    await content(page).getByLabel("Orte").fill("034540035035");
    await content(page).getByLabel("Client-ID").fill(where.finderClient);
    await content(page).getByText("Weitere Einstellungen").click();
    await content(page).getByLabel("Adresse des Suchdienstes").fill(`${where.finder}/suchdienst/api`);
    await content(page).getByRole("button", { name: "Quelle einrichten" }).click();
    await arrivesAt(page, source);
    await expect(badge(page, "Neu")).toBeVisible();
    await inspect(page, "sources-source");
  });
  const citizen = await anotherPerson();
  const search = `${where.portals.meppen}/suche?q=jagdabgabe&ars=034540035035`;
  await citizen.goto(search);
  await finds(citizen, false);

  await test.step("a check says what would change, and changes nothing", async () => {
    await content(page).getByRole("button", { name: "Nur prüfen" }).click();
    await arrivesAt(page, `Import: ${source}`);
    await ends(page, "Geprüft");
    const changes = section(page, "Was sich ändern würde");
    await changes.getByText(`Inhalt ansehen ${service}`).click();
    await expect(changes.getByText("Titel, Deutsch").first()).toBeVisible();
    await inspect(page, "sources-checked");
    await finds(citizen, false);
  });
  await test.step("it is applied, and a citizen finds it", async () => {
    await content(page).getByRole("button", { name: "Übernehmen", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Jetzt übernehmen" }).click();
    await ends(page, "Fertig");
    await inspect(page, "sources-done");
    await finds(citizen, true);
  });
  await test.step("it is undone, and gone", async () => {
    await content(page).getByRole("button", { name: "Import zurücknehmen" }).click();
    const dialog = page.getByRole("dialog");
    await expect(dialog.getByText(/hinzukamen, werden gelöscht/)).toBeVisible();
    await dialog.getByRole("button", { name: "Jetzt zurücknehmen" }).click();
    await arrivesAt(page, `Rücknahme: ${source}`);
    await ends(page, "Fertig");
    await finds(citizen, false);
  });
  await test.step("the source shows its runs, and is removed", async () => {
    await content(page).getByRole("link", { name: source }).click();
    await arrivesAt(page, source);
    await expect(badge(page, "Zurückgenommen")).toBeVisible();
    await inspect(page, "sources-runs");
    await content(page).getByRole("button", { name: "Quelle entfernen" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Quelle entfernen" }).click();
    await arrivesAt(page, "Quellen");
  });
});

const line = (id: string, title: string) =>
  JSON.stringify({ kind: "service", id, title: { de: title }, updatedAt: "2026-01-02T03:04:05Z" });

test("a file with bad records is taken with what is good in it, and each bad line is named", async ({
  page,
  complaints,
}) => {
  const good = "Probeleistung aus einer Datei";
  await editorAt(page, "meppen", "administrator");
  await followMenu(page, "Quellen");
  await test.step("without a file, and with one of another kind", async () => {
    await content(page).getByRole("button", { name: "Hochladen und prüfen" }).click();
    await expect(content(page).getByText("Bitte wählen Sie eine Datei aus.")).toBeVisible();
    complaints.expect(/status of 415/);
    await content(page)
      .getByLabel("Datei", { exact: true })
      .setInputFiles({ name: "bild.xml", mimeType: "text/xml", buffer: Buffer.from("\u0089PNG") });
    await content(page).getByRole("button", { name: "Hochladen und prüfen" }).click();
    await expect(content(page).getByRole("alert")).toContainText(
      "Dieses Dateiformat können wir nicht einlesen.",
    );
  });
  const text = [
    line("00000000-0000-7000-8000-0000000f0001", good),
    "{kaputt",
    line("keine Nummer", "Ohne gute Nummer"),
    "",
  ];
  await content(page)
    .getByLabel("Datei", { exact: true })
    .setInputFiles({ name: "probe.jsonl", mimeType: "text/plain", buffer: Buffer.from(text.join("\n")) });
  await content(page).getByLabel("Erst prüfen").uncheck();
  await content(page).getByRole("button", { name: "Hochladen und übernehmen" }).click();
  await arrivesAt(page, "Import: probe.jsonl");
  await ends(page, "Fertig");
  const notes = section(page, "Hinweise");
  await expect(notes.getByText("probe.jsonl, Zeile 2")).toBeVisible();
  await expect(notes.getByText("probe.jsonl, Zeile 3")).toBeVisible();
  await inspect(page, "sources-notes");
  await notes.getByLabel("Zeigen").selectOption("Nur Übernommenes mit Hinweis");
  await expect(notes.getByText("Dazu gibt es keinen Hinweis.")).toBeVisible();
  await notes.getByLabel("Zeigen").selectOption("Nur Ausgelassenes");
  await expect(notes.getByText("probe.jsonl, Zeile 2")).toBeVisible();
  await content(page).getByRole("button", { name: "Import zurücknehmen" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Jetzt zurücknehmen" }).click();
  await arrivesAt(page, "Rücknahme: probe.jsonl");
  await ends(page, "Fertig");

  await test.step("broken XML says where it breaks, and nothing of it is taken", async () => {
    const xml = `<lieferung xmlns="http://xoev.de/schemata/xzufi/2_2_0">\n<nachrichtenkopf/>\n<schreibe>\n</lieferung>`;
    await followMenu(page, "Quellen");
    await content(page)
      .getByLabel("Datei", { exact: true })
      .setInputFiles({ name: "kaputt.xml", mimeType: "text/xml", buffer: Buffer.from(xml) });
    await content(page).getByLabel("Erst prüfen").uncheck();
    await content(page).getByRole("button", { name: "Hochladen und übernehmen" }).click();
    await arrivesAt(page, "Import: kaputt.xml");
    await ends(page, "Fehlgeschlagen");
    await expect(content(page).getByText("Die Datei kann nicht gelesen werden.")).toBeVisible();
    await expect(content(page).getByText(/line 4/)).toBeVisible();
    await inspect(page, "sources-failed");
  });
});

test("editors see the sources and cannot change them", async ({ page }) => {
  await editorAt(page, "landkreis", "editor");
  await followMenu(page, "Quellen");
  await section(page, "Eingerichtete Quellen")
    .getByRole("link", { name: "Behördenfinder (Beispiel)" })
    .click();
  await shows(page, "Behördenfinder (Beispiel)");
  await expect(content(page).getByText("gespeichert, wird nicht angezeigt")).toBeVisible();
  await expect(content(page).getByRole("button", { name: /Jetzt holen|Nur prüfen|entfernen/ })).toHaveCount(
    0,
  );
  await inspect(page, "sources-editor");
});
