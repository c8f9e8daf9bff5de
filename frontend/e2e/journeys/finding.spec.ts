/**
 * Finding things: what people say, mistype or mean leads to the right service, office or life situation, and says why; editors
 * look after the words.
 */
import { randomBytes } from "node:crypto";
import type { Page } from "@playwright/test";
import type { PortalName } from "../support/association";
import { editorAt } from "../support/editors";
import { inspect } from "../support/inspect";
import { arrivesAt, content, results, shows } from "../support/pages";
import { expect, test } from "../support/test";

const portals: PortalName[] = ["landkreis", "meppen", "lathen"];
const mistyped = [
  { words: "Spermüll", service: "Sperrmüll abholen lassen" },
  { words: "Perso verlorn", service: "Personalausweis beantragen" },
  { words: "Auto umelden", service: "Fahrzeug ummelden (Umschreibung)" },
];

const box = (page: Page) => page.getByRole("combobox", { name: "Leistung suchen" });

async function search(page: Page, words: string): Promise<void> {
  await box(page).fill(words);
  await box(page).press("Enter");
  await arrivesAt(page, `Ergebnisse für „${words}“`);
}

for (const portal of portals) {
  test(`what is mistyped is found at ${portal}`, async ({ page, where }) => {
    await page.goto(where.portals[portal]);
    for (const { words, service } of mistyped) {
      await search(page, words);
      await expect(results(page).first()).toHaveText(service);
    }
  });
}

test("results say why they are there, and how a word was probably meant", async ({ page, where }) => {
  await page.goto(where.portals.meppen);
  await search(page, "Perso verloren");
  const first = content(page)
    .getByRole("list", { name: "Gefundene Leistungen" })
    .getByRole("listitem")
    .first();
  await expect(first.getByRole("list", { name: "Warum dieser Treffer" })).toContainText(/„perso/i);
  await inspect(page, "results-why");

  await search(page, "Personalauswies");
  await expect(results(page).first()).toHaveText("Personalausweis beantragen");
  const meant = content(page).getByRole("status").filter({ hasText: "Meinten Sie" });
  await expect(meant).toBeVisible();
  await inspect(page, "results-meant");
  await meant.getByRole("link", { name: /Personalausweis/ }).click();
  await arrivesAt(page, "Ergebnisse für „Personalausweis“");
  await expect(content(page).getByText("Meinten Sie")).toHaveCount(0);
  await page.goBack();
  await shows(page, "Ergebnisse für „Personalauswies“");
});

test("a place among the words is recognised while typing, and taken by the keyboard alone", async ({
  page,
  where,
}) => {
  await page.goto(where.portals.landkreis);
  await box(page).fill("hund meppen");
  const option = page.getByRole("option", { name: "Hund anmelden (Hundesteuer) in Meppen, Stadt" });
  await expect(option).toBeVisible();
  await inspect(page, "suggestions-place");
  await box(page).focus();
  await box(page).press("ArrowDown");
  await expect(option).toHaveAttribute("aria-selected", "true");
  await box(page).press("Enter");
  await arrivesAt(page, "Hund anmelden (Hundesteuer)");
  await expect(page).toHaveURL(/ars=034540035035/);
  await expect(content(page)).toContainText("Stadtkasse und Steuern Meppen");
});

test("the beginning of a place is completed; its results can be for another place, or for none", async ({
  page,
  where,
}) => {
  await page.goto(where.portals.landkreis);
  await box(page).fill("hund mepp");
  const whole = page.getByRole("option", { name: /^hund Meppen/ });
  await expect(whole).toBeVisible();
  await whole.click();
  await arrivesAt(page, "Ergebnisse für „hund Meppen“");
  await expect(content(page).getByText("Ergebnisse für Meppen, Stadt")).toBeVisible();
  await expect(
    content(page).getByRole("listitem").filter({ hasText: "Hund anmelden (Hundesteuer)" }).first(),
  ).toContainText("Gilt für Meppen, Stadt");
  await inspect(page, "results-place");

  await page.getByRole("button", { name: "Anderer Ort" }).press("Enter");
  await page.getByRole("combobox", { name: "Ihr Ort" }).fill("Sustrum");
  await page.getByRole("button", { name: "Übernehmen" }).click();
  await shows(page, "Ergebnisse für „hund“");
  await expect(page.getByText("Für Sustrum", { exact: true })).toBeVisible();

  await page.goto(`${where.portals.landkreis}/suche?q=hund+meppen`);
  await page.getByRole("link", { name: "Ohne den Ort Meppen, Stadt suchen" }).click();
  await arrivesAt(page, "Ergebnisse für „hund“");
  await expect(results(page).first()).toContainText("Hund");
});

test("offices and life situations are found by the same box, and can be looked at alone", async ({
  page,
  where,
}) => {
  await page.goto(where.portals.meppen);
  await box(page).fill("standes");
  await expect(page.getByRole("option", { name: /^Standesamt Meppen.*Stelle/ })).toBeVisible();
  await search(page, "Standesamt");
  const offices = content(page).getByRole("region", { name: "Stellen" });
  await expect(offices.getByRole("link", { name: "Standesamt Meppen" })).toBeVisible();
  await inspect(page, "results-offices");
  await page
    .getByRole("navigation", { name: "Filter" })
    .getByRole("link", { name: /^Stellen/ })
    .click();
  await expect(page).toHaveURL(/art=stelle/);
  const list = content(page).getByRole("list", { name: "Stellen" });
  await expect(list.getByRole("link", { name: "Standesamt Meppen" })).toBeVisible();
  await expect(
    content(page)
      .getByRole("status")
      .filter({ hasText: /Stellen? gefunden/ }),
  ).toBeVisible();

  await search(page, "Abfall");
  await expect(
    content(page).getByRole("region", { name: "Lebenslagen" }).getByRole("link").first(),
  ).toBeVisible();
});

test("who finds nothing is told whom to ask", async ({ page, where }) => {
  await page.goto(`${where.portals.meppen}/suche?q=qxzjwv&ars=034540035035`);
  await expect(content(page).getByText("Dazu haben wir nichts gefunden")).toBeVisible();
  await expect(content(page).getByRole("link", { name: "115" })).toBeVisible();
  await inspect(page, "results-ask");
});

test("an editor teaches the search a word, and a citizen finds by it at once", async ({
  page,
  where,
  anotherPerson,
}) => {
  const word = `Wupsel${randomBytes(4).toString("hex").replaceAll(/\d/g, "x")}`;
  const citizen = await anotherPerson();
  await citizen.goto(`${where.portals.meppen}/suche?q=${word}`);
  await expect(content(citizen).getByText("Dazu haben wir nichts gefunden")).toBeVisible();

  await editorAt(page, "meppen", "editor");
  await page.getByRole("navigation", { name: "Hauptmenü" }).getByRole("link", { name: "Suche" }).click();
  await arrivesAt(page, "Suche: Synonyme");
  await inspect(page, "search-synonyms");
  await page.getByRole("button", { name: "Hinzufügen" }).click();
  await expect(page.getByLabel("Die Menschen sagen")).toHaveAttribute("aria-invalid", "true");
  await page.getByLabel("Die Menschen sagen").fill(word);
  await page.getByLabel("Im Katalog heißt es").fill("Sperrmüll");
  await page.getByRole("button", { name: "Wirkung zeigen" }).click();
  const effect = page.getByRole("region", { name: `Wirkung auf „${word}“` });
  await expect(effect).toContainText("Nichts gefunden.");
  await expect(effect).toContainText("Sperrmüll abholen lassen (neu)");
  await inspect(page, "search-effect");
  await page.getByRole("button", { name: "Hinzufügen" }).click();
  await expect(page.getByText("Gespeichert. Die Suche kennt es schon.")).toBeVisible();
  const saved = Date.now();
  await expect(async () => {
    await citizen.reload();
    await expect(results(citizen).first()).toHaveText("Sperrmüll abholen lassen", { timeout: 3_000 });
  }).toPass({ timeout: 30_000, intervals: [50] });
  test.info().annotations.push({ type: "found after", description: `${Date.now() - saved} ms` });
  await expect(content(citizen).getByRole("list", { name: "Warum dieser Treffer" }).first()).toContainText(
    `„${word}“ heißt hier „sperrmüll“`,
  );

  await page.getByRole("button", { name: `Entfernen: ${word}` }).click();
  await expect(page.getByText(`„${word}“ ist entfernt.`)).toBeVisible();
  await expect(async () => {
    await citizen.reload();
    await expect(content(citizen).getByText("Dazu haben wir nichts gefunden")).toBeVisible({
      timeout: 3_000,
    });
  }).toPass({ timeout: 30_000, intervals: [50] });
});

test("an editor sees why a service stands where it does", async ({ page, where }) => {
  await editorAt(page, "meppen", "editor");
  await page.goto(`${where.portals.meppen}/redaktion/suche/ohne-ergebnis`);
  await shows(page, "Suchen ohne Ergebnis");
  await inspect(page, "search-missed");
  await content(page).getByRole("link", { name: "Warum steht das dort?" }).click();
  await arrivesAt(page, "Warum steht das dort?");
  await page.getByLabel("Suchwörter").fill("perso meppen beantragen");
  await page.getByLabel(/^Eine bestimmte Leistung/).fill("gibt es nicht");
  await page.getByRole("button", { name: "Erklären" }).click();
  await expect(content(page).getByText("In dieser Adresse steht keine Leistung.")).toBeVisible();
  await page.getByLabel(/^Eine bestimmte Leistung/).fill("");
  await page.getByRole("button", { name: "Erklären" }).click();
  await expect(content(page).getByText("Als Ort erkannt: Meppen, Stadt.")).toBeVisible();
  const rows = content(page).getByRole("table").getByRole("row");
  await expect(rows.nth(1)).toContainText("Personalausweis beantragen");
  await inspect(page, "search-explanation");
});
