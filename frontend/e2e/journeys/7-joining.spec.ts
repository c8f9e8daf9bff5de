/**
 * A fourth portal joins the running association as the README says: it asks, the administrators compare fingerprints, it is
 * admitted for its area and to keep accounts, its service is found at the others, people with an account there sign in at the
 * others by it, and it is removed again.
 */
import type { Page } from "@playwright/test";
import { inspect } from "../support/inspect";
import { startNewcomer, type Newcomer } from "../support/newcomer";
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

/** Signs a person in at a portal with their account at the newcomer, which the portal offers beside the county. */
async function signInByNewcomer(page: Page, portal: string, newcomer: Newcomer): Promise<void> {
  const ways = content(page).getByRole("link", { name: /^Weiter zu / });
  const offered = async () => {
    await page.goto(`${portal}/merkliste`);
    await page.getByRole("banner").getByRole("link", { name: "Anmelden" }).click();
    await expect(ways).toHaveText(["Weiter zu Landkreis Emsland", `Weiter zu ${name}`], { timeout: 3_000 });
  };
  await expect(offered).toPass({ timeout: 90_000 });
  await inspect(page, "sign-in-choice");
  await expect(async () => {
    // It starts anew when it has become a member, and knows the portal only then: whoever comes too early is told that
    // it has not worked, and tries again.
    await offered();
    await offered();
    await ways.last().click();
    await expect(page).toHaveURL(new RegExp(`^${newcomer.url}/anmelden\\?request=`), { timeout: 5_000 });
  }).toPass({ timeout: 90_000 });
  await enterPassword(page, newcomer.citizen);
  await expect(page).toHaveURL(`${portal}/merkliste`);
  await expect(page.getByRole("link", { name: "Mein Konto" })).toHaveAttribute(
    "href",
    `${newcomer.url}/konto`,
  );
  await page.getByRole("button", { name: "Abmelden" }).click();
  await expect(page).toHaveURL(`${portal}/`);
  await page.getByRole("banner").getByRole("link", { name: "Anmelden" }).click();
  await expect(ways).toHaveText([`Weiter zu ${name}`, "Weiter zu Landkreis Emsland"]);
  await expect(ways.first()).toHaveAccessibleDescription(/zuletzt/);
}

test("a fourth portal joins by comparing fingerprints, its services and accounts count everywhere, and removal ends it", async ({
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
    await there.getByLabel(/^Dieses Portal soll Konten führen/).check();
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
    await request.getByLabel(/^Das Portal darf Konten führen/).check();
    await inspect(here, "association-request");
    await told.fill(theirs.toLowerCase().replaceAll(" ", ""));
    await request.getByRole("button", { name: "Aufnehmen" }).click();
    const remove = here.getByRole("button", { name: `Entfernen : ${name}` });
    await expect(remove).toBeVisible();

    const citizen = await anotherPerson();
    await signInByNewcomer(citizen, meppen, newcomer);
    await finds(citizen, meppen, "ehrenamtskarte", `Ehrenamtskarte ${name}`, true);
    await finds(citizen, newcomer.url, "sperrmüll", "Sperrmüll abholen lassen", true);
    await expect(here.getByRole("table").getByText("In Ordnung")).toHaveCount(3);

    await remove.click();
    await here.getByLabel("Grund").fill("Die Stadt zieht um.");
    await here.getByRole("dialog").getByRole("button", { name: "Entfernen", exact: true }).click();
    await expect(remove).toHaveCount(0);
    await finds(citizen, meppen, "ehrenamtskarte", `Ehrenamtskarte ${name}`, false);
    const later = await anotherPerson(); // browsers keep for a minute who the portal is
    await later.goto(`${meppen}/anmelden`);
    await expect(content(later)).toContainText("Ihr Konto führt Landkreis Emsland.");
  } finally {
    await newcomer.end();
  }
});
