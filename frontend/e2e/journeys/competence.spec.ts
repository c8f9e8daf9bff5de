/**
 * The right office: what people say leads to it from each portal and for different places; the decision is explained, and what is not
 * clear is asked.
 */
import type { Page } from "@playwright/test";
import type { PortalName } from "../support/association";
import { inspect } from "../support/inspect";
import { arrivesAt, content, enterPlace, results, section, shows } from "../support/pages";
import { expect, test } from "../support/test";

const portals: PortalName[] = ["landkreis", "meppen", "lathen"];

const meppen = "034540035035";
const lingen = "034540032032";
const papenburg = "034540041041";
const lathen = "034545404029";
const sustrum = "034545404052";

/** What people type, and who is competent for it at three places. */
const errands = [
  {
    words: "Sperrmüll",
    service: "Sperrmüll abholen lassen",
    offices: {
      [meppen]: "Entsorgung Emsland (Beispiel)",
      [lingen]: "Entsorgung Emsland – Betriebsstätte Süd (Beispiel)",
      [papenburg]: "Entsorgung Emsland – Betriebsstätte Nord (Beispiel)",
    },
  },
  {
    words: "Perso verloren",
    service: "Personalausweis beantragen",
    offices: {
      [meppen]: "Bürgerbüro Meppen",
      [lathen]: "Bürgerbüro Lathen",
      [sustrum]: "Bürgerbüro Niederlangen (Außenstelle)",
    },
  },
  {
    words: "Auto ummelden",
    service: "Fahrzeug ummelden (Umschreibung)",
    offices: {
      [meppen]: "Zulassungsstelle Meppen",
      [lingen]: "Zulassungsstelle Lingen (Außenstelle)",
      [papenburg]: "Zulassungsstelle Papenburg (Außenstelle)",
    },
  },
];

const office = (page: Page) => section(page, "Zuständige Stelle");

/** Opens the service that a search at a portal finds first for a place. */
async function find(page: Page, portal: string, words: string, ars: string): Promise<void> {
  await page.goto(`${portal}/suche?q=${encodeURIComponent(words)}&ars=${ars}`);
  const first = results(page).first();
  const title = await first.innerText();
  await first.getByRole("link").click();
  await arrivesAt(page, title);
}

for (const portal of portals) {
  for (const { words, service, offices } of errands) {
    test(`„${words}“ at ${portal} leads to the right office for three places`, async ({ page, where }) => {
      for (const [ars, name] of Object.entries(offices)) {
        await page.goto(`${where.portals[portal]}/suche?q=${encodeURIComponent(words)}&ars=${ars}`);
        await expect(results(page).first()).toHaveText(service);
        await results(page).first().getByRole("link").click();
        await arrivesAt(page, service);
        await expect(office(page).getByRole("link", { name, exact: true })).toBeVisible();
      }
    });
  }
}

test("the page says why an office is competent, and what it looked at", async ({ page, where }) => {
  await find(page, where.portals.landkreis, "Auto ummelden", papenburg);
  await office(page).getByRole("link", { name: "Warum diese Stelle?" }).click();
  await arrivesAt(page, "Warum diese Stelle?");
  const answer = section(page, "Das Ergebnis");
  await expect(answer).toContainText(
    "Zulassungsstelle Papenburg (Außenstelle) ist zuständig. Landkreis Emsland hat angegeben",
  );
  await expect(answer).toContainText("Papenburg, Stadt");
  const looked = section(page, "Was wir geprüft haben");
  const stated = (name: string) => looked.getByRole("listitem").filter({ hasText: name }).last();
  await expect(stated("Zulassungsstelle Papenburg (Außenstelle)")).toContainText(
    "Diese Angabe hat entschieden.",
  );
  await expect(stated("Zulassungsstelle Meppen")).toContainText(
    "Zählt nicht, weil es eine Angabe für ein kleineres Gebiet gibt.",
  );
  await inspect(page, "why");

  await answer.getByRole("link", { name: "Zulassungsstelle Papenburg (Außenstelle)" }).click();
  await arrivesAt(page, "Zulassungsstelle Papenburg (Außenstelle)");
});

test("a postal code of several municipalities asks which one, and each has its office", async ({
  page,
  where,
}) => {
  await page.goto(where.portals.meppen);
  await enterPlace(page, "49762");
  await expect(page.getByText("Zu „49762“ gehören mehrere Orte. Welcher ist Ihrer?")).toBeVisible();
  for (const name of ["Fresenburg", "Lathen", "Renkenberge", "Sustrum"]) {
    await expect(content(page).getByRole("button", { name, exact: true })).toBeVisible();
  }
  await inspect(page, "place-several");
  await content(page).getByRole("button", { name: "Sustrum", exact: true }).press("Enter");
  await expect(page.getByText("Für Sustrum", { exact: true })).toBeVisible();
  await find(page, where.portals.meppen, "Perso verloren", sustrum);
  await expect(office(page)).toContainText("Bürgerbüro Niederlangen (Außenstelle)");
});

test("where it depends on the person, the page asks; the answer stands in the address, or nowhere", async ({
  page,
  where,
}) => {
  await find(page, where.portals.lathen, "Mülltonne", meppen);
  const question = content(page).getByRole("group", { name: "Für wen brauchen Sie die Leistung?" });
  await expect(question).toBeVisible();
  await inspect(page, "question-audience");
  await question.getByRole("button", { name: "Unternehmen" }).press("Enter");
  await expect(page).toHaveURL(/fuer=unternehmen/);
  await expect(office(page)).toContainText("Entsorgung Emsland – Gewerbekunden (Beispiel)");
  await page.getByRole("button", { name: "Angabe ändern" }).click();
  await question.getByRole("button", { name: "Privatperson" }).click();
  await expect(
    office(page).getByRole("link", { name: "Entsorgung Emsland (Beispiel)", exact: true }),
  ).toBeVisible();

  await find(page, where.portals.meppen, "Unterhaltsvorschuss", papenburg);
  const surname = content(page).getByRole("group", { name: "Womit beginnt Ihr Nachname?" });
  await surname.getByRole("button", { name: /L bis Z/ }).click();
  await expect(office(page)).toContainText("Jugendamt – Unterhaltsvorschuss L bis Z");
  expect(page.url(), "what is personal stays out of addresses").not.toMatch(
    /[?&](nachname|name|surname)=|=L\b/i,
  );
});

test("where nobody is competent, the page says so and where to turn", async ({ page, where }) => {
  await find(page, where.portals.lathen, "Perso verloren", papenburg);
  await expect(content(page)).toContainText("Für Papenburg, Stadt kennen wir keine zuständige Stelle.");
  await expect(content(page).getByRole("link", { name: "Landkreis Emsland" })).toBeVisible();
  await expect(content(page).getByRole("link", { name: "115" })).toBeVisible();
  await expect(office(page)).toHaveCount(0);
  await inspect(page, "nobody-competent");
});

test("an office page has the map, the usual and the special hours, and what the office does", async ({
  page,
  where,
}) => {
  await page.goto(`${where.portals.meppen}/stellen?q=B%C3%BCrgerb%C3%BCro+Lathen`);
  await content(page).getByRole("link", { name: "Bürgerbüro Lathen", exact: true }).click();
  await arrivesAt(page, "Bürgerbüro Lathen");
  await expect(
    page.getByRole("img", { name: /^Karte: Bürgerbüro Lathen mit den nächsten Orten Lathen/ }),
  ).toBeVisible();
  const contact = section(page, "Adresse und Kontakt");
  await expect(contact).toContainText("Beispielmarkt 3");
  await expect(contact.getByRole("heading", { name: "Öffnungszeiten", exact: true })).toBeVisible();
  await expect(contact.getByText(/^Jetzt (geöffnet|geschlossen)$/)).toBeVisible();
  await expect(contact).toContainText("In dieser Zeit hilft Ihnen das Bürgertelefon 115.");
  await expect(section(page, "Was diese Stelle erledigt")).toContainText("Personalausweis beantragen");
  await inspect(page, "office");
});

test("a service's page names the right office without JavaScript", async ({ browser, where }) => {
  const context = await browser.newContext({ javaScriptEnabled: false, locale: "de-DE" });
  const page = await context.newPage();
  await page.goto(`${where.portals.meppen}/suche?q=Auto+ummelden&ars=${papenburg}`);
  await page.getByRole("link", { name: "Fahrzeug ummelden (Umschreibung)" }).click();
  await shows(page, "Fahrzeug ummelden (Umschreibung)");
  await expect(page.getByText("Zulassungsstelle Papenburg (Außenstelle)").first()).toBeVisible();
  await context.close();
});
