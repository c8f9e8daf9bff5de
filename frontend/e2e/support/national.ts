import { expect, type Page } from "@playwright/test";
import { content, heading } from "./pages";

/** Somebody who proves themselves at the stand-in for a national account. */
interface Somebody {
  givenName: string;
  familyName: string;
}

/** How they do it; the lowest is there to see what the portal says when it is not enough. */
type Method =
  "Benutzername und Passwort" | "ELSTER-Zertifikat" | "Online-Ausweis" | "ELSTER-Organisationszertifikat";

/** Waits until the stand-in for the BundID or Mein Unternehmenskonto is shown. */
export async function atNationalAccount(page: Page): Promise<void> {
  await expect(heading(page)).toHaveText(/\(Beispiel\)$/);
}

/** Proves who one is, and goes back to the portal. */
export async function proveAs(page: Page, who: Somebody, method: Method): Promise<void> {
  await atNationalAccount(page);
  await page.getByRole("radio", { name: /^(Jemand anderes|Eine andere)/ }).check();
  await page.getByLabel("Vorname").fill(who.givenName);
  await page.getByLabel("Nachname").fill(who.familyName);
  const way = page.getByRole("radio", { name: method, includeHidden: true });
  if (!(await way.isVisible())) await page.getByText("Zum Ausprobieren: weniger nachweisen").click();
  await way.check();
  await content(page).getByRole("button", { name: "Anmelden" }).click();
}

/** Gives up, and goes back to the portal. */
export async function cancelProof(page: Page): Promise<void> {
  await atNationalAccount(page);
  await content(page).getByRole("button", { name: "Abbrechen" }).click();
}
