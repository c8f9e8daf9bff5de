/**
 * A fourth portal joins the running association as the README says: it asks, the administrators compare fingerprints, it is
 * admitted for its area, its service is found at the others, and it is removed again.
 */
import type { Page } from "@playwright/test";
import { inspect } from "../support/inspect";
import { startNewcomer } from "../support/newcomer";
import { content, fact, results, shows } from "../support/pages";
import { enterPassword } from "../support/people";
import { expect, test } from "../support/test";

const name = "Stadt Haren (Ems)";

/** Whether a search at a portal finds a service, as its page says when it has been loaded anew. */
async function finds(
  page: Page,
  portal: string,
  words: string,
  title: string,
  found: boolean,
): Promise<void> {
  await expect(async () => {
    await page.goto(`${portal}/suche?q=${encodeURIComponent(words)}`);
    await expect(content(page)).toContainText(/Leistung(en)? gefunden|nichts gefunden/, { timeout: 10_000 });
    await expect(results(page).getByText(title, { exact: true })).toHaveCount(found ? 1 : 0, {
      timeout: 3_000,
    });
  }).toPass({ timeout: 90_000 });
}

test("a fourth portal joins by comparing fingerprints, its service is found everywhere, and removal ends it", async ({
  page: there,
  anotherPerson,
  where,
  complaints,
}) => {
  test.setTimeout(400_000); // fills a portal of its own
  const newcomer = await startNewcomer(name, "034540018018");
  try {
    complaints.expect(
      /status of 422/, // the wrong fingerprint
      new RegExp(`request to ${newcomer.url}$`),
      new RegExp(`${newcomer.url}/`), // starts anew while its page looks for news
      /ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET/,
    );
    const { landkreis, meppen } = where.portals;
    await there.goto(newcomer.joinAt);
    await shows(there, "Anmelden für Beschäftigte");
    await enterPassword(there, newcomer.account);
    await shows(there, "Verbund");
    await there.getByLabel("Adresse des Portals, das den Verbund führt").fill(landkreis);
    await there.getByRole("button", { name: "Portal suchen" }).click();
    await expect(there.getByRole("heading", { name: /^Landkreis Emsland führt den/ })).toBeVisible();

    const here = await anotherPerson();
    const administrator = where.accounts.landkreis.find(({ Email }) => Email.startsWith("amt@"));
    await here.goto(`${landkreis}/verwaltung/verbund`);
    await shows(here, "Anmelden für Beschäftigte");
    await enterPassword(here, {
      email: administrator?.Email ?? "",
      password: administrator?.Password ?? "",
    });
    await shows(here, "Verbund");
    const ours = await fact(here, "Fingerabdruck dieses Portals").innerText();
    await expect(content(there).getByText(ours, { exact: true })).toBeVisible();
    await there.getByRole("button", { name: "Um Aufnahme bitten" }).click();
    await expect(content(there).locator(".pv-error-summary")).toContainText(
      "Bitte vergleichen Sie zuerst den Fingerabdruck.",
    );
    await inspect(there, "association-asking");
    await there.getByLabel("Ich habe den Fingerabdruck verglichen").check();
    await there.getByRole("button", { name: "Um Aufnahme bitten" }).click();
    await expect(there.getByText("Die Anfrage liegt bei")).toBeVisible();
    const theirs = await fact(there, "Fingerabdruck dieses Portals").innerText();

    const request = content(here).getByRole("listitem").filter({ hasText: name }).first();
    await expect(request).toContainText("Haren");
    await expect(request).toContainText(theirs);
    await expect(request).toContainText("überschneidet sich mit Landkreis Emsland");
    const told = request.getByLabel(/^Fingerabdruck, den Ihnen/);
    await told.fill(ours);
    await request.getByRole("button", { name: "Aufnehmen" }).click();
    await expect(request.locator(".pv-error-summary")).toContainText("Der Fingerabdruck ist ein anderer");
    await expect(told).toHaveAttribute("aria-invalid", "true");
    await inspect(here, "association-request");
    await told.fill(theirs.toLowerCase().replaceAll(" ", ""));
    await request.getByRole("button", { name: "Aufnehmen" }).click();
    const remove = here.getByRole("button", { name: `Entfernen : ${name}` });
    await expect(remove).toBeVisible();

    const citizen = await anotherPerson();
    await finds(citizen, meppen, "ehrenamtskarte", `Ehrenamtskarte ${name}`, true);
    await finds(citizen, newcomer.url, "sperrmüll", "Sperrmüll abholen lassen", true);
    await expect(here.getByRole("table").getByText("In Ordnung")).toHaveCount(3);

    await remove.click();
    await here.getByLabel("Grund").fill("Die Stadt zieht um.");
    await here.getByRole("dialog").getByRole("button", { name: "Entfernen", exact: true }).click();
    await expect(remove).toHaveCount(0);
    await finds(citizen, meppen, "ehrenamtskarte", `Ehrenamtskarte ${name}`, false);
  } finally {
    await newcomer.end();
  }
});
