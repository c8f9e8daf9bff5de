import { expect, type Locator, type Page } from "@playwright/test";

/** The heading of the page. */
export const heading = (page: Page): Locator => page.getByRole("heading", { level: 1 });

/** The content of the page, without header and footer. */
export const content = (page: Page): Locator => page.getByRole("main");

/** Waits until a page with this heading is shown. */
export async function shows(page: Page, title: string | RegExp): Promise<void> {
  await expect(heading(page)).toHaveText(title);
}

/** As shows, after a link of the application: the focus has moved to the heading, as a screen reader needs it. */
export async function arrivesAt(page: Page, title: string | RegExp): Promise<void> {
  await shows(page, title);
  await expect(heading(page)).toBeFocused();
}

/** Types words into the search box and takes the suggestion. */
export async function takeSuggestion(page: Page, words: string, service: string): Promise<void> {
  await page.getByRole("combobox", { name: "Leistung suchen" }).fill(words);
  await page.getByRole("option", { name: service, exact: true }).click();
  await arrivesAt(page, service);
}

/** Enters a place, by postal code or name: where the page asks for it, or where it lets the place be changed. */
export async function enterPlace(page: Page, place: string): Promise<void> {
  const field = page.getByRole("combobox", { name: "Ihr Ort" });
  const change = page.getByRole("button", { name: /^Ort (wählen|ändern)$/ });
  await expect(field.or(change)).toBeVisible();
  if (await change.isVisible()) await change.click();
  await field.fill(place);
  await page.getByRole("button", { name: "Übernehmen" }).click();
}

/** Chooses the place by a postal code that only one municipality has. */
export async function choosePlace(page: Page, postalCode: string, name: string): Promise<void> {
  await enterPlace(page, postalCode);
  await expect(page.getByText(`Für ${name}`, { exact: true })).toBeVisible();
}

/** The value beside a name in a list of facts. */
export function fact(within: Page | Locator, name: string): Locator {
  const page = "page" in within ? within.page() : within;
  return within
    .locator("dl > div")
    .filter({ has: page.locator("dt").getByText(name, { exact: true }) })
    .locator("dd");
}

/** The section of the page under a heading. */
export function section(page: Page, title: string): Locator {
  return content(page)
    .locator("section")
    .filter({ has: page.getByRole("heading", { name: title, exact: true }) });
}

/** The names of the services that a search or a life situation lists, the best first. */
export function results(page: Page): Locator {
  return content(page).getByRole("list", { name: "Gefundene Leistungen" }).getByRole("heading", { level: 2 });
}

/** Follows a link of the main menu. */
export async function followMenu(page: Page, title: string): Promise<void> {
  await page.getByRole("navigation", { name: "Hauptmenü" }).getByRole("link", { name: title }).click();
  await arrivesAt(page, title);
}
