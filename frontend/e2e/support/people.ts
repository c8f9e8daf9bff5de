import { randomBytes } from "node:crypto";
import { expect, type Page } from "@playwright/test";
import { association, type PortalName } from "./association";
import { linkIn, mailTo } from "./mail";
import { content, shows } from "./pages";

/** A citizen, invented for one test. */
export interface Citizen {
  givenName: string;
  familyName: string;
  email: string;
  password: string;
}

/** A citizen whom no portal knows yet. */
export function newCitizen(givenName: string): Citizen {
  const mark = randomBytes(4).toString("hex");
  return {
    givenName,
    familyName: "Muster",
    // Long, as addresses can be: no page may scroll sideways for one.
    email: `${givenName.toLowerCase()}.${mark}.mit-einer-langen-adresse@example.org`,
    password: `Hinter dem Deich ${mark}`,
  };
}

/** What the account of a registered citizen says about where they live. */
export const address = { street: "Beispielweg", houseNumber: "3", postalCode: "49716", city: "Meppen" };

/** Fills in the registration that is shown and sends it. */
export async function fillRegistration(page: Page, citizen: Citizen): Promise<void> {
  await page.getByLabel("Vorname").fill(citizen.givenName);
  await page.getByLabel("Nachname").fill(citizen.familyName);
  await page.getByLabel("E-Mail-Adresse").fill(citizen.email);
  await page.getByLabel("Passwort", { exact: true }).fill(citizen.password);
  await content(page).getByRole("button", { name: "Konto anlegen" }).click();
}

/** The link in the mail that asks to confirm an address. */
export async function confirmationLink(page: Page, { email }: { email: string }): Promise<string> {
  return linkIn(await mailTo(page.request, email, /bestätigen Sie Ihre E-Mail-Adresse/));
}

/** Fills in the sign-in that is shown. */
export async function enterPassword(page: Page, who: { email: string; password: string }): Promise<void> {
  await page.getByLabel("E-Mail-Adresse").fill(who.email);
  await page.getByLabel("Passwort", { exact: true }).fill(who.password);
  await content(page).getByRole("button", { name: "Anmelden", exact: true }).click();
}

/**
 * Registers a citizen with an address at the account home, and signs them in at a portal, without looking at the pages on
 * the way: those have a journey of their own.
 */
export async function citizenAt(page: Page, portal: PortalName, givenName: string): Promise<Citizen> {
  const home = association().portals.landkreis;
  const citizen = newCitizen(givenName);
  const { email, password, familyName } = citizen;
  const person = { givenName, familyName };
  await change(page, home, "POST", "account/registrations", { email, password, ...person });
  const token = new URL(await confirmationLink(page, citizen)).hash.replace("#token=", "");
  await change(page, home, "POST", "account/registrations/confirm", { token });
  const profile = await page.request.get(`${home}/api/v1/account/profile`);
  const version = profile.headers()["etag"] ?? "";
  await change(page, home, "PUT", "account/profile", { ...person, ...address }, { "If-Match": version });
  await page.goto(`${association().portals[portal]}/api/v1/signin/start?returnTo=%2F`);
  await expect(page.getByRole("button", { name: "Abmelden" })).toBeVisible();
  return citizen;
}

/** Changes something at a portal as its pages do. */
async function change(
  page: Page,
  portal: string,
  method: "POST" | "PUT",
  path: string,
  data: object,
  more: Record<string, string> = {},
): Promise<void> {
  const session = await page.request.get(`${portal}/api/v1/session`);
  const { csrfToken } = (await session.json()) as { csrfToken: string };
  const response = await page.request.fetch(`${portal}/api/v1/${path}`, {
    method,
    data,
    headers: {
      Origin: portal,
      "X-CSRF-Token": csrfToken,
      "Idempotency-Key": randomBytes(12).toString("hex"),
      "Accept-Language": "de",
      // A network of their own, as people have: a portal takes only so many newcomers from one.
      "X-Forwarded-For": `10.${randomBytes(3).join(".")}`,
      ...more,
    },
  });
  expect(response.status(), `${method} ${path}: ${await response.text()}`).toBeLessThan(300);
}

/** Signs in one of those who keep the fees of a portal: who asks for refunds, or who approves them. */
export async function treasurerAt(
  page: Page,
  portal: PortalName,
  who: "kasse" | "kassenleitung",
): Promise<void> {
  const { portals, accounts } = association();
  const treasurer = accounts[portal].find(({ Email }) => Email.startsWith(`${who}@`));
  if (!treasurer) throw new Error(`no ${who} at ${portal}`);
  await page.goto(`${portals[portal]}/mitarbeit`); // from where they are led to their own pages
  await shows(page, "Anmelden für Beschäftigte");
  await enterPassword(page, { email: treasurer.Email, password: treasurer.Password });
  await shows(page, "Kasse");
}

/** Signs a clerk in at their portal, and shows the inbox. */
export async function clerkAt(page: Page, portal: PortalName): Promise<void> {
  const { portals, accounts } = association();
  const clerk = accounts[portal][0];
  if (!clerk) throw new Error(`no clerk at ${portal}`);
  await page.goto(`${portals[portal]}/mitarbeit`);
  await shows(page, "Anmelden für Beschäftigte");
  await enterPassword(page, { email: clerk.Email, password: clerk.Password });
  await shows(page, "Eingang");
}
