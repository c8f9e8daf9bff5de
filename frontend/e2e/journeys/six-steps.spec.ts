import { expect, test, type Browser, type Page } from "@playwright/test";
import { Association } from "./association";
import { arriveAt, choose, fill, fillDate, goOn, signInClerk, startApplication, submit } from "./pages";

/** A citizen's application travels through linked portals: one person, one browser, from search to decision. */
test.describe.configure({ mode: "serial" });

let association: Association;
let page: Page;
let clerkPage: Page;

const portals = () => association.addresses.portals;
const clerkOf = (portal: string) => {
  const account = association.addresses.accounts[portal]?.[0];
  if (!account) throw new Error(`no clerk at ${portal}`);
  return account;
};
const freshPage = async (browser: Browser) => (await browser.newContext()).newPage();

const email = "rike.neumann@example.org";
const address = { Straße: "Lange Straße", Hausnummer: "7", Postleitzahl: "49716", Ort: "Meppen" };
let dogNumber = "";

test.beforeAll(async ({ browser }) => {
  test.setTimeout(180_000);
  association = await Association.start();
  page = await freshPage(browser);
  clerkPage = await freshPage(browser);
});

test.afterAll(async () => {
  test.setTimeout(60_000);
  await association?.end();
});

test("1: finds a service, names the place, and reads who is competent", async () => {
  await page.goto(portals().meppen);
  await arriveAt(page, "Was möchten Sie erledigen?");
  await expect(page.getByText("Dies ist eine Vorführung")).toBeVisible();
  const search = page.getByRole("combobox", { name: "Leistung suchen" });
  await search.fill("hund anmelden");
  await search.press("Enter");
  await arriveAt(page, "Ergebnisse für „hund anmelden“");
  await page
    .getByRole("main")
    .getByRole("link", { name: /^Hund anmelden/ })
    .first()
    .click();
  await arriveAt(page, /^Hund anmelden/);
  await page.getByRole("combobox", { name: "Ihr Ort" }).fill("49716");
  await page.getByRole("button", { name: "Übernehmen" }).click();
  await expect(page.getByText("Für Meppen")).toBeVisible();
  const office = page.getByRole("region", { name: "Zuständige Stelle" });
  await expect(office).toContainText("Stadt Meppen");
  await expect(page.getByRole("heading", { name: "Kosten" })).toBeVisible();
  await expect(page.getByRole("heading", { name: "Was Sie brauchen" })).toBeVisible();
});

test("2: registers once at the account home, and comes back signed in", async () => {
  await page.getByRole("link", { name: "Online-Antrag starten" }).click();
  await arriveAt(page, /^Antrag: Hund anmelden/);
  await page.getByRole("link", { name: "Anmelden oder Konto anlegen" }).click();
  await arriveAt(page, "Anmelden für Stadt Meppen");
  expect(page.url()).toContain(portals().landkreis);
  await page.getByRole("link", { name: "Konto anlegen" }).click();
  await arriveAt(page, "Konto anlegen");
  await page.getByRole("button", { name: "Konto anlegen" }).click();
  await expect(page.getByText("Bitte prüfen Sie 4 Angaben")).toBeVisible();
  await fill(page, {
    Vorname: "Rike",
    Nachname: "Neumann",
    "E-Mail-Adresse": email,
    Passwort: "Ein ganzer Satz als Passwort",
  });
  await page.getByRole("button", { name: "Konto anlegen" }).click();
  await arriveAt(page, "Bitte sehen Sie in Ihr E-Mail-Postfach");

  const link = await mailedLink(page, "/registrieren/bestaetigen");
  await page.goto(link);
  await arriveAt(page, /^Antrag: Hund anmelden/);
  expect(page.url()).toContain(portals().meppen);
  await expect(page.getByText("Angemeldet als Rike Neumann")).toBeVisible();

  const other = await page.context().newPage();
  await other.goto(portals().lathen);
  await other.getByRole("link", { name: "Anmelden" }).click();
  await arriveAt(other, "Anmelden");
  await other.getByRole("link", { name: /^Weiter zu/ }).click();
  await expect(other.getByText("Angemeldet als Rike Neumann")).toBeVisible();
  expect(other.url()).toContain(portals().lathen);
  await other.close();
});

test("3: fills in the form with help of the account, attaches a file, and submits once", async () => {
  await page.getByRole("button", { name: "Antrag beginnen" }).click();
  await arriveAt(page, "Halterin oder Halter");
  await page.getByRole("link", { name: "Einwilligen und übernehmen" }).click();
  await arriveAt(page, "Stadt Meppen bittet um Ihre Einwilligung");
  await page.getByRole("button", { name: "Einwilligen und weiter" }).click();
  await arriveAt(page, "Halterin oder Halter");
  await expect(page.getByRole("textbox", { name: "Vorname" })).toHaveValue("Rike");
  await expect(page.getByText("Aus Ihrem Konto übernommen").first()).toBeVisible();

  await page.getByRole("button", { name: "Weiter", exact: true }).click();
  await expect(page.getByRole("link", { name: "Bitte füllen Sie „Straße“ aus." })).toBeVisible();
  await fill(page, address);
  await goOn(page, "Ihr Hund");
  await fill(page, { Rufname: "Bello", Rasse: "Dackel", "Wie viele weitere Hunde": "0" });
  await choose(page, /Geschlecht/, "Rüde");
  await fillDate(page, /Geburtsdatum/, "1", "2", "2024");
  await choose(page, /älter als sechs Monate/, "Ja");
  await fill(page, { Chipnummer: "276012345678901" });
  await fillDate(page, /Seit wann/, "1", "11", "2026");
  await choose(page, /Woher/, "Aus einer Zucht");
  await expect(page.getByText(/^Gespeichert um/)).toBeVisible();

  await page.reload();
  await expect(page.getByRole("textbox", { name: "Rufname" })).toHaveValue("Bello");
  await goOn(page, "Befreiung und Bestätigung");
  await choose(page, /Befreiung/, /Tierheim/);
  await fill(page, { Begründung: "Aus dem Tierheim in Lathen." });
  const upload = page.getByLabel(/^Nachweis/);
  await upload.setInputFiles({
    name: "seite.pdf",
    mimeType: "application/pdf",
    buffer: Buffer.from("<html>"),
  });
  await expect(page.getByRole("alert")).toContainText("nicht angenommen");
  await page.getByRole("button", { name: "Schließen seite.pdf" }).click();
  const pdf = Buffer.from("%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n");
  await upload.setInputFiles({ name: "vertrag.pdf", mimeType: "application/pdf", buffer: pdf });
  await expect(page.getByRole("button", { name: "Entfernen vertrag.pdf" })).toBeVisible();
  await page.getByRole("checkbox", { name: /Haftpflicht/ }).check();
  await page.getByRole("checkbox", { name: /richtig und vollständig/ }).check();
  await goOn(page, "Bitte prüfen Sie Ihre Angaben");
  await expect(page.getByText("vertrag.pdf")).toBeVisible();
  dogNumber = await submit(page);
});

test("4: the application reaches the authority by itself, and the citizen has a receipt and a timeline", async () => {
  await expect(page.getByRole("heading", { name: /ist bei .* angekommen/ })).toBeVisible();
  await page.getByRole("link", { name: "Zum Antrag" }).click();
  await arriveAt(page, /^Hund anmelden/);
  await expect(page.getByText(dogNumber)).toBeVisible();
  await expect(page.getByText("Bei der zuständigen Stelle eingegangen")).toBeVisible();
});

test("5: a clerk asks and decides; the citizen sees it at once, here and in the mailbox", async () => {
  await signInClerk(clerkPage, portals().meppen, clerkOf("meppen"));
  await clerkPage.getByRole("link", { name: /Rike Neumann/ }).click();
  await arriveAt(clerkPage, /Rike Neumann/);
  const [download] = await Promise.all([
    clerkPage.waitForEvent("download"),
    clerkPage.getByRole("link", { name: "vertrag.pdf" }).click(),
  ]);
  expect(download.suggestedFilename()).toBe("vertrag.pdf");

  await clerkPage.getByRole("button", { name: "In Bearbeitung nehmen" }).click();
  await expect(page.getByText("In Bearbeitung genommen")).toBeVisible();
  await clerkPage.getByRole("button", { name: "Rückfrage stellen" }).click();
  await clerkPage.getByRole("textbox", { name: "Ihre Frage" }).fill("Wie heißt das Tierheim?");
  await clerkPage.getByRole("button", { name: "Frage senden" }).click();
  await expect(page.getByRole("heading", { name: /hat eine Frage an Sie/ })).toBeVisible();
  await page.getByRole("textbox", { name: "Ihre Antwort" }).fill("Tierheim Lathen.");
  await page.getByRole("button", { name: "Nachricht senden" }).click();
  await expect(clerkPage.getByText("Tierheim Lathen.")).toBeVisible();

  await clerkPage.getByRole("button", { name: "Entscheiden" }).click();
  await clerkPage.getByRole("button", { name: "Entscheidung senden" }).click();
  await expect(clerkPage.getByText("Bitte prüfen Sie 2 Angaben")).toBeVisible();
  await clerkPage.getByRole("radio", { name: "Bewilligen" }).check();
  await clerkPage.getByRole("textbox", { name: /^Begründung/ }).fill("Ihr Hund ist angemeldet.");
  await clerkPage.getByRole("button", { name: "Entscheidung senden" }).click();
  await expect(page.getByRole("heading", { name: /hat Ihren Antrag bewilligt/ })).toBeVisible();

  await page.getByRole("link", { name: "Postfach" }).click();
  await arriveAt(page, "Postfach");
  await page.getByRole("main").getByRole("listitem").getByRole("link").first().click();
  await page.getByRole("link", { name: "Zum Antrag" }).click();
  await arriveAt(page, /^Hund anmelden/);

  await page.goto(`${portals().landkreis}/konto/zugriffe`);
  await arriveAt(page, "Zugriffe");
  await expect(page.getByRole("heading", { name: /^Stadt Meppen – Hund anmelden/ }).first()).toBeVisible();
});

test("6: with the county portal away the application waits, and arrives once when it is back", async ({
  browser,
}) => {
  await startApplication(page, portals().meppen, "fahrzeug abmelden", /^Fahrzeug abmelden/);
  await page.getByRole("button", { name: "Antrag beginnen" }).click();
  await arriveAt(page, "Halterin oder Halter des Fahrzeugs");
  await association.command("stop landkreis", /landkreis is stopped/);
  await fill(page, { Vorname: "Rike", Nachname: "Neumann", ...address, "E-Mail-Adresse": email });
  await goOn(page, "Fahrzeug");
  await fill(page, {
    Kennzeichen: "EL-AB 123",
    "Letzte acht Stellen": "A1234567",
    "Sicherheitscode der Zulassungsbescheinigung": "1a2b3c4",
    "Sicherheitscode des hinteren": "x1y",
  });
  await goOn(page, "Was geschieht mit dem Fahrzeug?");
  await choose(page, /Grund der Abmeldung/, "Ich nutze es vorerst nicht");
  await choose(page, /reservieren/, "Nein");
  await goOn(page, "Bestätigung");
  for (const box of await page.getByRole("checkbox").all()) await box.check();
  await goOn(page, "Bitte prüfen Sie Ihre Angaben");
  const number = await submit(page);
  await expect(page.getByRole("heading", { name: /ist unterwegs/ })).toBeVisible();

  await association.command("start landkreis", /landkreis is running/);
  await expect(page.getByRole("heading", { name: /ist bei .* angekommen/ })).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText("Unterschriebene Empfangsbestätigung")).toBeVisible();

  const countyPage = await freshPage(browser);
  await signInClerk(countyPage, portals().landkreis, clerkOf("landkreis"));
  await countyPage.getByRole("textbox", { name: /^Suche/ }).fill(number);
  await countyPage.getByRole("button", { name: "Suchen" }).click();
  await expect(countyPage.getByRole("link", { name: /Rike Neumann/ })).toHaveCount(1);
});

/** Opens the sent mails as the demonstration shows them, and finds the link in the newest to the citizen. */
async function mailedLink(from: Page, path: string): Promise<string> {
  const mails = await from.context().newPage();
  const link = mails.locator(`a[href*="${path}"]`);
  await expect(async () => {
    await mails.goto(`${association.addresses.mail}/?to=${encodeURIComponent(email)}`);
    await mails.getByRole("list").getByRole("link").first().click();
    await expect(link).toBeVisible({ timeout: 1000 });
  }).toPass();
  const address = await link.getAttribute("href");
  await mails.close();
  return address ?? "";
}
