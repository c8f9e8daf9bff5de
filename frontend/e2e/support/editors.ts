import { expect, type Page } from "@playwright/test";
import { association, type PortalName } from "./association";
import { content, shows } from "./pages";
import { enterPassword } from "./people";

/** Who works on the catalog of a portal: one who only writes it, and one who does everything there. */
export type Editor = "editor" | "administrator";

/** Signs an editor in at their portal, and shows the overview. */
export async function editorAt(page: Page, portal: PortalName, who: Editor): Promise<void> {
  const { portals, accounts } = association();
  const account = accounts[portal].find(({ Email }) =>
    Email.startsWith(who === "editor" ? "redaktion@" : "amt@"),
  );
  if (!account) throw new Error(`no ${who} at ${portal}`);
  await page.goto(`${portals[portal]}/redaktion`);
  await shows(page, "Anmelden für Beschäftigte");
  await enterPassword(page, { email: account.Email, password: account.Password });
  await shows(page, "Redaktion");
}

/** Finds a service in the editors' list and opens it. */
export async function openService(page: Page, portal: PortalName, title: string): Promise<void> {
  const address = `${association().portals[portal]}/redaktion/leistungen`;
  await page.goto(`${address}?q=${encodeURIComponent(title)}`);
  await content(page).getByRole("link", { name: title, exact: true }).click();
  await shows(page, title);
}

/** Waits until the draft is saved. */
export async function saved(page: Page): Promise<void> {
  await expect(content(page).getByText(/^Gespeichert um/)).toBeVisible();
}

/** Presses a button of the entry, and confirms what it asks. */
export async function act(page: Page, button: string, confirm: string, note?: string): Promise<void> {
  await content(page).getByRole("button", { name: button, exact: true }).click();
  const dialog = page.getByRole("dialog");
  if (note !== undefined) await dialog.getByRole("textbox").last().fill(note);
  await dialog.getByRole("button", { name: confirm, exact: true }).click();
  await expect(dialog).toBeHidden();
}

/** The short text of a service, in German. */
export const teaser = (page: Page) =>
  content(page)
    .getByRole("group", { name: /^Kurz gesagt/ })
    .getByLabel("Deutsch");
