import { expect, type Locator, type Page } from "@playwright/test";
import { association } from "./association";
import { arrivesAt, choosePlace, content, fact, shows, takeSuggestion } from "./pages";

/** Something a citizen applies for at Meppen's portal. */
interface Errand {
  /** As people type it. */
  words: string;
  service: string;
  firstStep: string;
}

/** One errand for each way that an application goes: the portal's own clerks, a linked portal, a provider. */
export const errands = {
  dog: {
    words: "hund anm",
    service: "Hund anmelden (Hundesteuer)",
    firstStep: "Halterin oder Halter",
  },
  vehicle: {
    words: "auto abm",
    service: "Fahrzeug abmelden (Außerbetriebsetzung)",
    firstStep: "Halterin oder Halter des Fahrzeugs",
  },
  /** Needs the trust level substantial. */
  registration: {
    words: "meldebesch",
    service: "Meldebescheinigung",
    firstStep: "Ihre Angaben zur Person",
  },
  streetParty: {
    words: "straßenf",
    service: "Straßenfest und Sondernutzung öffentlicher Flächen",
    firstStep: "Verantwortliche Person",
  },
  bulkyWaste: {
    words: "sperrm",
    service: "Sperrmüll abholen lassen",
    firstStep: "Ihre Angaben zur Person",
  },
} as const satisfies Record<string, Errand>;

/** Finds a service at Meppen's portal for a place in Meppen, and shows what it says. */
export async function find(page: Page, { words, service }: Errand): Promise<void> {
  await page.goto(association().portals.meppen);
  await choosePlace(page, "49716", "Meppen, Stadt");
  await takeSuggestion(page, words, service);
}

/** As find, and begins an application: the first step of the form is shown. For a person who is signed in. */
export async function begin(page: Page, errand: Errand): Promise<void> {
  await find(page, errand);
  await page.getByRole("link", { name: "Online-Antrag starten" }).click();
  await arrivesAt(page, `Antrag: ${errand.service}`);
  await page.getByRole("button", { name: /^(Antrag|Neuen Antrag) beginnen$/ }).click();
  await arrivesAt(page, errand.firstStep);
}

/** The button that submits. */
export const submitButton = (page: Page): Locator =>
  page.getByRole("button", { name: "Antrag verbindlich absenden" });

/** Submits what the summary shows, and answers the application's number. */
export async function submit(page: Page): Promise<string> {
  await arrivesAt(page, "Bitte prüfen Sie Ihre Angaben");
  await submitButton(page).click();
  return receiptNumber(page);
}

/** The number on the receipt that is shown. */
export async function receiptNumber(page: Page): Promise<string> {
  await shows(page, "Ihr Antrag ist abgeschickt");
  const number = fact(page, "Antragsnummer");
  await expect(number).toHaveText(/^(MEP|LAT)-/);
  return number.innerText();
}

/** Waits until the receipt on the screen says that the application has arrived. */
export async function arrival(page: Page): Promise<void> {
  await expect(content(page).getByRole("status").filter({ hasText: "angekommen" })).toBeVisible({
    timeout: 60_000,
  });
}

/** Looks a number up in the inbox of a clerk who is signed in, and answers what is found. */
export async function inInbox(clerk: Page, number: string): Promise<Locator> {
  await clerk.getByRole("textbox", { name: "Suche nach Nummer, Name oder Leistung" }).fill(number);
  await clerk.getByRole("button", { name: "Suchen" }).click();
  await expect(clerk).toHaveURL(new RegExp(`q=${number}`));
  await expect(content(clerk).locator("[aria-busy=true]")).toHaveCount(0);
  return content(clerk).getByRole("listitem").filter({ hasText: number });
}
