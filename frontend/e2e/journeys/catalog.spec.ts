import type { Page } from "@playwright/test";
import type { PortalName } from "../support/association";
import { inspect } from "../support/inspect";
import { arrivesAt, choosePlace, content, results, section, shows } from "../support/pages";
import { expect, test } from "../support/test";

const portals: PortalName[] = ["landkreis", "meppen", "lathen"];
const wishes = [
  { words: "Sperrmüll", service: "Sperrmüll abholen lassen" },
  { words: "Perso verloren", service: "Personalausweis beantragen" },
  { words: "Auto ummelden", service: "Fahrzeug ummelden (Umschreibung)" },
];

const box = (page: Page) => page.getByRole("combobox", { name: "Leistung suchen" });

for (const portal of portals) {
  test(`what people say is found at ${portal}, by suggestion and by results`, async ({ page, where }) => {
    for (const { words, service } of wishes) {
      await page.goto(where.portals[portal]);
      await box(page).fill(words);
      await page.getByRole("option", { name: service }).click();
      await arrivesAt(page, service);
      await page.goto(where.portals[portal]);
      await box(page).fill(words);
      await box(page).press("Enter");
      await arrivesAt(page, `Ergebnisse für „${words}“`);
      await expect(results(page).first()).toHaveText(service);
    }
  });
}

test("filters narrow the results down, stand in the address, and can be taken off one by one", async ({
  page,
  where,
}) => {
  await page.goto(`${where.portals.meppen}/suche?q=anmelden`);
  const filters = page.getByRole("navigation", { name: "Filter" });
  await filters.getByRole("link", { name: /^Gewerbe und Arbeit/ }).click();
  await expect(page).toHaveURL(/kategorie=business/);
  await expect(results(page).filter({ hasText: "Gewerbe anmelden" })).toBeVisible();
  await expect(results(page).filter({ hasText: "Hund anmelden" })).toHaveCount(0);
  await filters.getByRole("link", { name: /^Unternehmen/ }).click();
  await expect(page).toHaveURL(/fuer=unternehmen/);
  await filters.getByRole("link", { name: /^Online beantragen \(\d+\)$/ }).click();
  await expect(page).toHaveURL(/online=ja/);
  await inspect(page, "results-filtered");
  await page.reload();
  const set = page.getByRole("list", { name: "Gesetzte Filter" });
  await expect(set.getByRole("link")).toHaveCount(4);
  await set.getByRole("link", { name: "Filter „Gewerbe und Arbeit“ entfernen" }).click();
  await expect(page).not.toHaveURL(/kategorie/);
  await expect(page).toHaveURL(/q=anmelden.*fuer=unternehmen.*online=ja/);
  await page.setViewportSize({ width: 360, height: 740 });
  await expect(filters).toBeHidden();
  const toggle = page.getByRole("button", { name: "Filter (2 gesetzt)" });
  await toggle.press("Enter");
  await expect(toggle).toHaveAttribute("aria-expanded", "true");
  await expect(filters).toBeVisible();
});

test("more results come below, and the keyboard goes on with the first of them", async ({ page, where }) => {
  await page.goto(`${where.portals.meppen}/suche`);
  await expect(results(page)).toHaveCount(20);
  await page.getByRole("button", { name: "Mehr anzeigen" }).press("Enter");
  await expect(results(page).nth(20).getByRole("link")).toBeFocused();
});

test("a service is found by its first letter with the keyboard alone", async ({ page, where }) => {
  await page.goto(where.portals.meppen);
  await page.getByRole("link", { name: "Alle Leistungen von A bis Z" }).press("Enter");
  await arrivesAt(page, "Leistungen von A bis Z");
  await inspect(page, "a-z");
  const letters = page.getByRole("navigation", { name: "Anfangsbuchstaben" });
  await letters.getByRole("link", { name: /^S, \d+ Leistungen$/ }).press("Enter");
  await arrivesAt(page, "Leistungen mit S");
  await expect(letters.getByRole("link", { name: /^S,/ })).toHaveAttribute("aria-current", "page");
  await inspect(page, "a-z-letter");
  await content(page).getByRole("link", { name: "Sperrmüll abholen lassen" }).press("Enter");
  await arrivesAt(page, "Sperrmüll abholen lassen");
});

test("what is kept is on this device: after a reload, without a connection, and again after taking it off by mistake", async ({
  page,
  where,
  context,
  complaints,
}) => {
  complaints.expect(/ERR_INTERNET_DISCONNECTED.*favicon/);
  await page.goto(where.portals.meppen);
  await box(page).fill("sperrm");
  await page.getByRole("option", { name: "Sperrmüll abholen lassen" }).click();
  await arrivesAt(page, "Sperrmüll abholen lassen");
  await content(page)
    .getByRole("button", { name: /^Merken/ })
    .click();
  await expect(page.getByText("Steht jetzt auf Ihrer Merkliste, auf diesem Gerät.")).toBeVisible();
  await page.reload();
  await expect(content(page).getByRole("button", { name: /^Nicht mehr merken/ })).toBeVisible();
  await context.setOffline(true);
  await page.getByRole("navigation", { name: "Hauptmenü" }).getByRole("link", { name: "Merkliste" }).click();
  await arrivesAt(page, "Merkliste");
  await expect(content(page)).toContainText("bleibt auf diesem Gerät");
  await inspect(page, "favourites");
  await content(page)
    .getByRole("button", { name: /^Nicht mehr merken/ })
    .click();
  await expect(content(page)).toContainText("Noch steht nichts auf Ihrer Merkliste");
  await page.getByRole("button", { name: "Rückgängig" }).click();
  await context.setOffline(false);
  await content(page).getByRole("link", { name: "Sperrmüll abholen lassen" }).click();
  await arrivesAt(page, "Sperrmüll abholen lassen");
});

test("a printed service has its text, office, address and date, and no controls", async ({ page, where }) => {
  await page.goto(where.portals.meppen);
  await choosePlace(page, "49716", "Meppen, Stadt");
  await box(page).fill("hund anm");
  await page.getByRole("option", { name: "Hund anmelden (Hundesteuer)" }).click();
  await arrivesAt(page, "Hund anmelden (Hundesteuer)");
  await expect(section(page, "Zuständige Stelle")).toBeVisible();
  await page.emulateMedia({ media: "print" });
  await expect(content(page).getByText(/leistungen\/[0-9a-f-]{36}, gedruckt am/)).toBeVisible();
  await expect(section(page, "Zuständige Stelle")).toBeVisible();
  await expect(section(page, "Kosten")).toBeVisible();
  for (const gone of [
    page.getByRole("navigation", { name: "Hauptmenü" }),
    page.getByRole("navigation", { name: "Auf dieser Seite" }),
    page.getByRole("contentinfo"),
    content(page).getByRole("button", { name: "Drucken" }),
    content(page).getByRole("link", { name: "Online-Antrag starten" }),
  ]) {
    await expect(gone).toBeHidden();
  }
});

test("the LeiKa key of a service leads to it", async ({ page, where }) => {
  await page.goto(`${where.portals.meppen}/leistungen/99102013104000`);
  await shows(page, "Hund anmelden (Hundesteuer)");
  await expect(page).toHaveURL(/leistungen\/[0-9a-f-]{36}$/);
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("services are found and read, with their office, from the start page on", async ({ page, where }) => {
    await page.goto(where.portals.meppen);
    await shows(page, "Was möchten Sie erledigen?");
    await page.getByRole("searchbox", { name: "Leistung suchen" }).fill("sperrmuell");
    await page.getByRole("button", { name: "Suchen" }).click();
    await shows(page, "Ergebnisse für „sperrmuell“");
    await content(page).getByRole("link", { name: "Sperrmüll abholen lassen" }).click();
    await shows(page, "Sperrmüll abholen lassen");
    await expect(page).toHaveTitle("Sperrmüll abholen lassen – Stadt Meppen");
    await expect(section(page, "Zuständige Stelle")).toContainText("Entsorgung Emsland (Beispiel)");
    await expect(page.locator("link[rel=canonical]")).toHaveAttribute(
      "href",
      new RegExp(`^${where.portals.landkreis}/leistungen/`),
    );
    await section(page, "Zuständige Stelle").getByRole("link").first().click();
    await shows(page, "Entsorgung Emsland (Beispiel)");
  });

  test("an unknown service is not found, for programs, too", async ({ page, where, complaints }) => {
    complaints.expect(/status of 404.*\/leistungen\//);
    const response = await page.goto(
      `${where.portals.meppen}/leistungen/00000000-0000-7000-8000-000000000000`,
    );
    expect(response?.status()).toBe(404);
    await shows(page, "Diese Seite gibt es nicht");
  });
});

test("a service describes itself to programs, and the sitemap leads to it", async ({
  page,
  where,
  request,
}) => {
  await page.goto(`${where.portals.meppen}/leistungen/99102013104000`);
  await shows(page, "Hund anmelden (Hundesteuer)");
  const text = await page.locator('script[type="application/ld+json"]').textContent();
  expect(JSON.parse(text ?? "")).toMatchObject({
    "@type": "GovernmentService",
    name: "Hund anmelden (Hundesteuer)",
    provider: [{ "@type": "GovernmentOffice", name: "Stadtkasse und Steuern Meppen" }],
    identifier: { value: "99102013104000" },
  });
  const address = new URL(page.url());
  const sitemap = await (await request.get(`${where.portals.meppen}/sitemap.xml`)).text();
  expect(sitemap).toContain(`<loc>${address.origin}${address.pathname}</loc>`);
});
