/**
 * Everything that people can apply for in the demonstration, from the search to the decision, by the keyboard alone: half of it
 * on a phone, half at a desk.
 */
import { readFile } from "node:fs/promises";
import { expect, type Page } from "@playwright/test";
import { arrival, receiptNumber, submitButton } from "../support/errands";
import { inspect } from "../support/inspect";
import { pick, press, typeAndTake, typeInto } from "../support/keyboard";
import { proveAs } from "../support/national";
import { arrivesAt, content, fact, section, shows } from "../support/pages";
import { citizenAt, clerkAt, type Citizen } from "../support/people";
import { atDesk, onPhone, type Service } from "../support/services";
import { test } from "../support/test";

test.describe.configure({ mode: "parallel" });

const nextButton = (page: Page) => page.getByRole("button", { name: "Weiter", exact: true });

/** Finds a service by words with a mistake, says where one lives if that is not known yet, and begins an application. */
async function begin(page: Page, start: string, { title, words, office, looked }: Service): Promise<void> {
  await page.goto(start);
  const box = page.getByRole("combobox", { name: "Leistung suchen" });
  await typeAndTake(page, box, words, page.getByRole("option", { name: title, exact: true }).first());
  await arrivesAt(page, title);
  const place = page.getByRole("combobox", { name: "Ihr Ort" });
  const online = page.getByRole("link", { name: "Online-Antrag starten" });
  await expect(place.or(online).first()).toBeVisible();
  if (!(await online.isVisible())) {
    await typeInto(page, place, "49716");
    await page.keyboard.press("Enter");
  }
  await expect(section(page, "Zuständige Stelle")).toContainText(office);
  if (looked === true) await inspect(page, `service-${slug(title)}`);
  await press(page, online);
  await arrivesAt(page, `Antrag: ${title}`);
  await press(page, page.getByRole("button", { name: "Antrag beginnen" }));
}

const slug = (title: string) => title.toLowerCase().split(" ")[0] ?? title;

/** Fills in the form, step by step, up to the page on which everything is checked. */
async function fillIn(page: Page, { title, steps }: Service, citizen: Citizen): Promise<void> {
  for (const [index, step] of steps.entries()) {
    await arrivesAt(page, step.title);
    for (const answer of step.answers) await answer(page, citizen);
    if (step.looked === true) await inspect(page, `form-${slug(title)}-${index + 1}`);
    await press(page, nextButton(page));
  }
  await arrivesAt(page, "Bitte prüfen Sie Ihre Angaben");
}

/** Proves who one is to the account home, and comes back. */
async function prove(page: Page, citizen: Citizen): Promise<void> {
  await press(page, page.getByRole("link", { name: "Identität nachweisen" }));
  await shows(page, "Bitte weisen Sie Ihre Identität nach");
  await press(page, page.getByRole("link", { name: "Mit BundID nachweisen" }));
  await proveAs(page, citizen, "Online-Ausweis");
  await shows(page, "BundID mit Ihrem Konto verknüpfen");
  await press(page, page.getByRole("button", { name: "Verknüpfen", exact: true }));
  await arrivesAt(page, "Angaben von BundID übernehmen");
  await press(page, page.getByRole("button", { name: "Weiter, ohne etwas zu übernehmen" }));
  await shows(page, "Bitte prüfen Sie Ihre Angaben");
}

/** Pays the fee from the receipt on, and goes to the application. */
async function pay(page: Page, purpose: string, fee: string): Promise<void> {
  await press(page, page.getByRole("link", { name: "Zur Zahlung" }));
  await arrivesAt(page, purpose);
  await press(page, page.getByRole("button", { name: "Jetzt bezahlen" }));
  await press(page, page.getByRole("button", { name: `${fee} bezahlen` }));
  await shows(page, purpose);
  await expect(content(page).getByText("Ihre Zahlung ist eingegangen")).toBeVisible();
}

/** Applies for a service, and stays at the page of the application; answers its number. */
async function apply(page: Page, start: string, service: Service, citizen: Citizen): Promise<string> {
  await begin(page, start, service);
  await fillIn(page, service, citizen);
  const { fee, paid, proof } = service;
  if (fee !== undefined) await expect(content(page).getByText(fee, { exact: true }).first()).toBeVisible();
  if (proof === true && !(await submitButton(page).isVisible())) await prove(page, citizen);
  await expect(submitButton(page)).toBeEnabled(); // when the fee is known
  await press(page, submitButton(page));
  const number = await receiptNumber(page);
  await expect(page.getByRole("heading", { level: 1 })).toBeFocused();
  await arrival(page);
  if (fee !== undefined && paid !== undefined) {
    await pay(page, paid, fee);
    await press(page, content(page).getByRole("link", { name: number }));
  } else {
    await press(page, page.getByRole("link", { name: "Zum Antrag" }));
  }
  await arrivesAt(page, service.title);
  return number;
}

/** Looks a number up in the clerk's inbox. */
async function lookUp(clerk: Page, number: string) {
  await clerk.goto(new URL("/mitarbeit", clerk.url()).href);
  await shows(clerk, "Eingang");
  const search = clerk.getByRole("textbox", { name: "Suche nach Nummer, Name oder Leistung" });
  await typeInto(clerk, search, number);
  await clerk.keyboard.press("Enter");
  await expect(clerk).toHaveURL(new RegExp(`q=${number}`));
  await expect(content(clerk).locator("[aria-busy=true]")).toHaveCount(0);
  return content(clerk).getByRole("listitem").filter({ hasText: number });
}

/** Takes a case and grants what is asked for. */
async function grant(clerk: Page, number: string, { title, fee }: Service): Promise<void> {
  const found = await lookUp(clerk, number);
  await press(clerk, found.getByRole("link").first());
  await arrivesAt(clerk, new RegExp(`^${title.replaceAll(/[()]/g, String.raw`\$&`)}: `));
  if (fee !== undefined) await expect(content(clerk).getByText(fee, { exact: true }).first()).toBeVisible();
  await press(clerk, clerk.getByRole("button", { name: "In Bearbeitung nehmen" }));
  await expect(clerk.getByRole("button", { name: "In Bearbeitung nehmen" })).toHaveCount(0);
  await press(clerk, clerk.getByRole("button", { name: "Entscheiden" }));
  await pick(clerk, "Entscheidung", "Bewilligen");
  await typeInto(clerk, clerk.getByLabel("Begründung und Hinweise"), `${title}: in Ordnung.`);
  await press(clerk, clerk.getByRole("button", { name: "Entscheidung senden" }));
  await expect(clerk.getByRole("heading", { name: "Erledigt" })).toBeVisible();
}

/** The citizen, who has looked at nothing else, sees the decision. */
async function seesDecision(page: Page, { title }: Service): Promise<void> {
  await expect(page.getByRole("heading", { name: /hat Ihren Antrag bewilligt/ })).toBeVisible();
  const latest = section(page, "Verlauf").getByRole("listitem").first();
  await expect(latest).toContainText("bewilligt");
  await expect(latest).toContainText(`${title}: in Ordnung.`);
}

/** Opens the mailbox by the menu, which a phone keeps closed, and reads one of the messages. */
async function readsMail(page: Page, subjects: RegExp[]): Promise<void> {
  const menu = page.getByRole("button", { name: "Menü" });
  if (await menu.isVisible()) await press(page, menu);
  await press(
    page,
    page.getByRole("navigation", { name: "Hauptmenü" }).getByRole("link", { name: "Postfach" }),
  );
  await arrivesAt(page, "Postfach");
  const message = (subject: RegExp) => content(page).getByRole("link", { name: subject });
  await expect(async () => {
    await page.reload();
    for (const subject of subjects) await expect(message(subject).first()).toBeVisible({ timeout: 3_000 });
  }).toPass({ timeout: 60_000 });
  const [first] = subjects;
  if (first === undefined) return;
  await press(page, message(first).first());
  await arrivesAt(page, first);
}

const escaped = (text: string) => text.replaceAll(/[()]/g, String.raw`\$&`);
const decisionOn = ({ title }: Service) =>
  new RegExp(`^Entscheidung: Ihr Antrag ist bewilligt.*${escaped(title)}`);

test("four services on a phone, by keyboard: parking is paid for, certificates need a proof, a provider collects", async ({
  page,
  anotherPerson,
  where,
}) => {
  test.setTimeout(900_000); // four applications, each from the search to the decision
  await page.setViewportSize({ width: 360, height: 740 });
  const citizen = await citizenAt(page, "meppen", "Tjorven");
  const clerk = await anotherPerson();
  await clerkAt(clerk, "meppen");
  for (const service of onPhone) {
    await test.step(service.title, async () => {
      const number = await apply(page, where.portals.meppen, service, citizen);
      if (service.decidedAt === undefined) {
        await expect(await lookUp(clerk, number)).toHaveCount(0);
        await isPromised(page, await anotherPerson(), number, where);
      } else {
        await grant(clerk, number, service);
        await seesDecision(page, service);
      }
    });
  }
  await inspect(page, "application-provider");
  const decided = onPhone.filter(({ decidedAt }) => decidedAt !== undefined);
  await readsMail(page, [
    ...decided.map(decisionOn),
    /^(Antrag in Bearbeitung|Nachricht zu Ihrem Antrag): Sperrmüll/,
  ]);
});

/** The provider has the order, and its day and its notice reach the citizen. */
async function isPromised(
  page: Page,
  staff: Page,
  number: string,
  where: { provider: string; providerPassword: string },
): Promise<void> {
  await staff.goto(where.provider);
  await shows(staff, "Für Beschäftigte");
  await inspect(staff, "provider-sign-in", { portal: false });
  await staff.getByLabel("Passwort").fill(where.providerPassword);
  await staff.keyboard.press("Enter");
  await shows(staff, "Aufträge");
  const order = content(staff).getByRole("listitem").filter({ hasText: number });
  await expect(async () => {
    await staff.reload();
    await expect(order).toContainText("Matratze", { timeout: 3_000 });
    await expect(order.getByRole("img")).toHaveAttribute("alt", "Foto: Matratze.png", { timeout: 3_000 });
  }).toPass({ timeout: 60_000 });
  await inspect(staff, "provider-orders", { portal: false });
  await order.getByRole("button", { name: /^Termin zusagen/ }).press("Enter");
  await expect(section(page, "Verlauf").getByText(/Ihr Abholtermin ist/)).toBeVisible();
  const notice = section(page, "Verlauf").getByRole("link", { name: /^Abholschein EE-\d+\.pdf$/ });
  const [download] = await Promise.all([page.waitForEvent("download"), press(page, notice)]);
  expect((await readFile(await download.path())).subarray(0, 5).toString()).toBe("%PDF-");
}

test("four services at a desk, by keyboard: the municipality and the county each decide what is theirs", async ({
  page,
  anotherPerson,
  where,
}) => {
  test.setTimeout(900_000); // four applications, each from the search to the decision
  const citizen = await citizenAt(page, "meppen", "Wiebke");
  const clerks = { meppen: await anotherPerson(), landkreis: await anotherPerson() };
  await clerkAt(clerks.meppen, "meppen");
  await clerkAt(clerks.landkreis, "landkreis");
  const numbers: string[] = [];
  for (const service of atDesk) {
    await test.step(service.title, async () => {
      const number = await apply(page, where.portals.meppen, service, citizen);
      numbers.push(number);
      const [own, other] =
        service.decidedAt === "landkreis"
          ? [clerks.landkreis, clerks.meppen]
          : [clerks.meppen, clerks.landkreis];
      await grant(own, number, service);
      if (service === atDesk[0] || own === clerks.landkreis) {
        await expect(await lookUp(other, number)).toHaveCount(0);
      }
      await seesDecision(page, service);
    });
  }
  await test.step("what the other portal received is proved, and everything is listed", async () => {
    await expect(section(page, "Verlauf").getByRole("listitem").last()).toContainText("Antrag begonnen");
    await expect(content(page)).toContainText("Der Inhalt liegt jetzt nur noch dort.");
    await inspect(page, "application");
    await press(page, page.getByRole("link", { name: "Quittung" }));
    await shows(page, "Ihr Antrag ist abgeschickt");
    await expect(fact(page, "Zuständige Stelle")).toHaveText("Zulassungsstelle Meppen, Landkreis Emsland");
    await expect(fact(page, "Prüfsumme (SHA-256)")).toHaveText(/[0-9a-f]{64}/);
    await press(page, page.locator("summary").filter({ hasText: "Unterschriebene Empfangsbestätigung" }));
    await expect(content(page).getByText(/^[\w-]+\.[\w-]*\.[\w-]+/)).toBeVisible();
    await inspect(page, "receipt-linked");
    await readsMail(page, atDesk.map(decisionOn));
    await press(
      page,
      page.getByRole("navigation", { name: "Hauptmenü" }).getByRole("link", { name: "Meine Anträge" }),
    );
    await arrivesAt(page, "Meine Anträge");
    for (const number of numbers) await expect(content(page)).toContainText(number);
    await inspect(page, "applications");
  });
});
