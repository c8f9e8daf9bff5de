import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

/** Waits for a page by its heading, and has axe look at it. */
export async function arriveAt(page: Page, heading: string | RegExp): Promise<void> {
  await expect(page.getByRole("heading", { level: 1, name: heading })).toBeVisible();
  await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(
    violations.map((violation) => [violation.id, violation.nodes.map((node) => node.html)]),
    `axe at ${page.url()}`,
  ).toEqual([]);
}

/** Presses "Weiter" and waits for the step with this heading. */
export async function goOn(page: Page, heading: string | RegExp): Promise<void> {
  await page.getByRole("button", { name: "Weiter", exact: true }).click();
  await arriveAt(page, heading);
}

/** Types a date into the three fields of a question. */
export async function fillDate(
  page: Page,
  question: RegExp,
  day: string,
  month: string,
  year: string,
): Promise<void> {
  const group = page.getByRole("group", { name: question });
  await group.getByLabel("Tag").fill(day);
  await group.getByLabel("Monat").fill(month);
  await group.getByLabel("Jahr").fill(year);
}

/** Chooses an answer of a question with radio buttons. */
export async function choose(page: Page, question: RegExp, answer: string | RegExp): Promise<void> {
  await page.getByRole("group", { name: question }).getByRole("radio", { name: answer }).check();
}

/** Fills in text fields by their names. */
export async function fill(page: Page, answers: Record<string, string>): Promise<void> {
  for (const [name, value] of Object.entries(answers)) {
    await page.getByRole("textbox", { name: new RegExp(`^${name}`) }).fill(value);
  }
}

/** Finds a service from the start page of a portal, and starts its application. */
export async function startApplication(
  page: Page,
  portal: string,
  words: string,
  service: RegExp,
): Promise<void> {
  await page.goto(portal);
  await page.getByRole("combobox", { name: "Leistung suchen" }).fill(words);
  await page.getByRole("option", { name: service }).first().click();
  await arriveAt(page, service);
  await page.getByRole("link", { name: "Online-Antrag starten" }).click();
  await arriveAt(page, /^Antrag: /);
}

/** Submits from the summary, pressing twice as people do, and returns the application's number. */
export async function submit(page: Page): Promise<string> {
  await page.getByRole("button", { name: "Antrag verbindlich absenden" }).dblclick();
  await arriveAt(page, "Ihr Antrag ist abgeschickt");
  return (await page.locator(".pv-number").textContent()) ?? "";
}

/** Signs a clerk in at a portal and shows the inbox. */
export async function signInClerk(page: Page, portal: string, account: { Email: string; Password: string }) {
  await page.goto(`${portal}/mitarbeit`);
  await arriveAt(page, "Anmelden für Beschäftigte");
  await fill(page, { "E-Mail-Adresse": account.Email, Passwort: account.Password });
  await page.getByRole("button", { name: "Anmelden", exact: true }).click();
  await arriveAt(page, "Eingang");
}
