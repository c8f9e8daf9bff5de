import { expect } from "@playwright/test";
import { answered } from "../support/drafts";
import { receiptNumber, submitButton } from "../support/errands";
import { inspect } from "../support/inspect";
import { content, fact, shows } from "../support/pages";
import { citizenAt, clerkAt, treasurerAt } from "../support/people";
import { test } from "../support/test";

test("fees are shown before submitting, fail, are cancelled and paid at once, later and at another portal; the treasury clears up a difference and gives a fee back", async ({
  page,
  anotherPerson,
  where,
}) => {
  const citizen = await citizenAt(page, "meppen", "Paula");
  await answered(page, "parking", citizen);
  await expect(content(page).getByText("Gebühr: 30,70 €")).toBeVisible();
  await inspect(page, "payment-fee");
  await submitButton(page).click();
  await receiptNumber(page);
  await content(page).getByRole("link", { name: "Zur Zahlung" }).click();
  await shows(page, "Gebühr für den Bewohnerparkausweis");
  await inspect(page, "payment-due");

  await page.getByRole("button", { name: "Jetzt bezahlen" }).click();
  await expect(page.getByRole("heading", { name: "Bezahlen" })).toBeVisible();
  await expect(page.getByText("30,70 €").first()).toBeVisible();
  await inspect(page, "payment-service", { portal: false });
  await page.getByRole("button", { name: "Zahlung fehlschlagen lassen" }).click();
  await shows(page, "Gebühr für den Bewohnerparkausweis");
  await expect(content(page).getByText("Die Zahlung hat nicht geklappt")).toBeVisible();
  await inspect(page, "payment-failed");

  await page.getByRole("button", { name: "Noch einmal versuchen" }).click();
  await page.getByRole("button", { name: "30,70 € bezahlen" }).click();
  await shows(page, "Gebühr für den Bewohnerparkausweis");
  await expect(content(page).getByText("Ihre Zahlung ist eingegangen")).toBeVisible();
  await inspect(page, "payment-paid");
  const receipt = await page.getByRole("link", { name: "Quittung herunterladen (PDF)" }).getAttribute("href");
  const file = await page.request.get(new URL(receipt ?? "", page.url()).href);
  expect((await file.body()).subarray(0, 5).toString()).toBe("%PDF-");

  const parkingPayment = page.url();

  // The county's money, paid from Meppen's portal at the second try.
  await answered(page, "hygiene", citizen);
  await expect(content(page).getByText("Gebühr: 28,00 €")).toBeVisible();
  await submitButton(page).click();
  await receiptNumber(page);
  const here = new URL(page.url()).origin;
  await content(page).getByRole("link", { name: "Zur Zahlung" }).click();
  await shows(page, "Gebühr für die Belehrung mit Bescheinigung");
  await page.getByRole("button", { name: "Jetzt bezahlen" }).click();
  await page.getByRole("button", { name: "Abbrechen" }).click();
  await expect(content(page).getByText("Sie haben die Zahlung abgebrochen")).toBeVisible();
  await page.getByRole("button", { name: "Noch einmal versuchen" }).click();
  await page.getByRole("button", { name: "28,00 € bezahlen" }).click();
  await expect(content(page).getByText("Ihre Zahlung ist eingegangen")).toBeVisible();
  expect(new URL(page.url()).origin).toBe(here);

  // Lathen's money, paid later, from the list.
  await answered(page, "streetParty", citizen);
  await submitButton(page).click();
  await receiptNumber(page);
  await page.goto(`${here}/zahlungen`);
  await shows(page, "Meine Zahlungen");
  await expect(content(page).getByText("bezahlt", { exact: true })).toHaveCount(2);
  await expect(content(page).getByText("zu bezahlen", { exact: true })).toHaveCount(1);
  await inspect(page, "payments");
  await content(page).getByRole("link", { name: "Gebühr für die Sondernutzung" }).click();
  await page.getByRole("button", { name: "Jetzt bezahlen" }).click();
  await page.getByRole("button", { name: "20,00 € bezahlen" }).click();
  await expect(content(page).getByText("Ihre Zahlung ist eingegangen")).toBeVisible();

  // Money that nobody has ordered is in the service's list: found, and held until it is given back.
  const form = { was: "erfinden", portal: "meppen/kasse", cent: "1234" };
  expect((await page.request.post(`${where.payment}/steuerung`, { form })).ok()).toBe(true);
  const treasurer = await anotherPerson();
  await treasurerAt(treasurer, "meppen", "kasse");
  await treasurer.getByRole("link", { name: "Abgleich" }).click();
  await expect(content(treasurer).getByText("Ein Unterschied ist zu klären")).toBeVisible();
  await expect(content(treasurer).getByText("Geld ohne Auftrag dieses Portals")).toBeVisible();
  await inspect(treasurer, "treasury-difference");
  await content(treasurer).getByRole("button", { name: "In Verwahrung nehmen" }).click();
  await expect(content(treasurer).getByText("Alles stimmt überein")).toBeVisible();

  // The fee for parking is given back, which somebody else must approve.
  await treasurer.getByRole("link", { name: "Zahlungen" }).click();
  await treasurer.getByLabel("Welche Zahlungen").selectOption("bezahlt");
  await treasurer.getByRole("button", { name: "Anzeigen" }).click();
  await content(treasurer).getByRole("button", { name: "Erstattung beantragen" }).first().click();
  await treasurer.getByRole("button", { name: "Beantragen", exact: true }).click();
  await expect(treasurer.getByText("Bitte geben Sie einen Grund an.").first()).toBeVisible();
  await treasurer.getByLabel("Grund").fill("Der Antrag wurde abgelehnt.");
  await treasurer.getByRole("button", { name: "Beantragen", exact: true }).click();
  await treasurer.getByRole("link", { name: "Erstattungen" }).click();
  await expect(content(treasurer).getByText("Eine andere Person muss sie freigeben")).toBeVisible();
  const head = await anotherPerson();
  await treasurerAt(head, "meppen", "kassenleitung");
  await head.getByRole("link", { name: "Erstattungen" }).click();
  await head.getByRole("button", { name: "Freigeben" }).click();
  const fee = head.getByRole("listitem").filter({ hasText: "30,70 € von einer Gebühr" });
  await fee.getByRole("button", { name: "Ist ausgezahlt" }).click();
  await expect(fee).toHaveCount(0);
  await page.goto(parkingPayment);
  await expect(content(page).getByText("Die Behörde hat Ihnen diese Gebühr zurückgezahlt.")).toBeVisible();
});

test("a clerk of another portal sets a fee within what the person was shown, and reduces it; the person pays that", async ({
  page,
  anotherPerson,
}) => {
  const citizen = await citizenAt(page, "meppen", "Fenna");
  await answered(page, "buildingFile", citizen);
  await expect(content(page).getByText("Die Gebühr wird später festgesetzt")).toBeVisible();
  await expect(content(page).getByText(/zwischen 20,00\s€ und 250,00\s€/)).toBeVisible();
  await inspect(page, "payment-fee-later");
  await submitButton(page).click();
  const number = await receiptNumber(page);
  const here = new URL(page.url()).origin;

  const clerk = await anotherPerson();
  await clerkAt(clerk, "landkreis");
  await content(clerk).getByRole("link", { name: "Bauakte einsehen: Fenna Muster" }).click();
  await expect(content(clerk).getByText(number).first()).toBeVisible();
  await content(clerk).getByRole("link", { name: "Gebühr festsetzen" }).click();
  await shows(clerk, "Gebühr festsetzen");
  await content(clerk).getByRole("button", { name: "Gebühr festsetzen" }).click();
  await expect(content(clerk).getByText("Bitte geben Sie an, wofür.").first()).toBeVisible();
  const item = (index: number) => content(clerk).getByRole("group", { name: `Posten ${index}` });
  await item(1).getByLabel("Wofür").fill("Einsicht in die Akte");
  await item(1).getByLabel("Menge").fill("1,5");
  await item(1)
    .getByLabel(/^Einzelbetrag/)
    .fill("56");
  await content(clerk).getByRole("button", { name: "Weiterer Posten" }).click();
  await item(2).getByLabel("Wofür").fill("Kopien");
  await item(2).getByLabel("Menge").fill("12");
  await item(2)
    .getByLabel(/^Einzelbetrag/)
    .fill("0,50");
  await item(2).getByLabel("Umsatzsteuer").selectOption("19");
  await expect(content(clerk).getByText(/Summe: 91,14/)).toBeVisible();
  await clerk.getByLabel("Grund", { exact: true }).fill("Eine Akte mit zwei Bänden");
  await inspect(clerk, "case-set-fee");
  await content(clerk).getByRole("button", { name: "Gebühr festsetzen" }).click();
  await shows(clerk, "Bauakte einsehen: Fenna Muster");
  await expect(content(clerk).getByText("91,14").first()).toBeVisible();

  await content(clerk).getByRole("button", { name: "Ermäßigen oder erlassen" }).click();
  await clerk.getByLabel("Neuer Betrag in Euro").fill("50");
  await clerk.getByRole("dialog").getByLabel("Grund").fill("Ehrenamtlich Tätige");
  await clerk.getByRole("dialog").getByRole("button", { name: "Ermäßigen" }).click();
  await expect(content(clerk).getByText(/Ermäßigt von 91,14/)).toBeVisible();

  await expect(async () => {
    await page.goto(`${here}/zahlungen`);
    await expect(content(page).getByText(/50,00\s€/)).toBeVisible({ timeout: 2000 });
  }).toPass();
  await content(page).getByRole("link", { name: "Gebühr für die Einsicht in eine Bauakte" }).click();
  await expect(content(page).getByText(/1,5 × 56,00\s€ = 84,00\s€/)).toBeVisible();
  await expect(content(page).getByText("Eine Akte mit zwei Bänden")).toBeVisible();
  await inspect(page, "payment-set");
  const notice = await page
    .getByRole("link", { name: "Gebührenbescheid herunterladen (PDF)" })
    .getAttribute("href");
  const file = await page.request.get(new URL(notice ?? "", page.url()).href);
  expect((await file.body()).subarray(0, 5).toString()).toBe("%PDF-");
  await page.getByRole("button", { name: "Jetzt bezahlen" }).click();
  await page.getByRole("button", { name: "50,00 € bezahlen" }).click();
  await expect(content(page).getByText("Ihre Zahlung ist eingegangen")).toBeVisible();
});

test("a fee is transferred in two parts, found in account statements by its reference, and another one is paid in cash", async ({
  page,
  anotherPerson,
}) => {
  const citizen = await citizenAt(page, "meppen", "Tomke");
  await answered(page, "parking", citizen);
  await submitButton(page).click();
  await receiptNumber(page);
  await content(page).getByRole("link", { name: "Zur Zahlung" }).click();
  await shows(page, "Gebühr für den Bewohnerparkausweis");
  await content(page).getByText("Oder überweisen").click();
  await expect(
    content(page).getByRole("img", { name: "GiroCode mit allen Angaben der Überweisung" }),
  ).toBeVisible();
  await inspect(page, "payment-transfer");
  const reference = (await fact(page, "Kassenzeichen").innerText()).replaceAll(" ", "");
  const iban = (await fact(page, "IBAN").innerText()).replaceAll(" ", "");

  const treasurer = await anotherPerson();
  await treasurerAt(treasurer, "meppen", "kasse");
  await treasurer
    .getByRole("navigation", { name: "Seiten der Kasse" })
    .getByRole("link", { name: "Konto" })
    .click();
  await shows(treasurer, "Konto");
  const read = async (...entries: { euros: string; bankReference: string; text: string }[]) => {
    await treasurer.getByLabel("Datei").setInputFiles({
      name: "auszug.xml",
      mimeType: "application/xml",
      buffer: Buffer.from(statement(iban, entries)),
    });
    await content(treasurer).getByRole("button", { name: "Einlesen" }).click();
  };
  const run = Date.now().toString(36);
  const first = { euros: "10.70", bankReference: `${run}1`, text: `Kassenzeichen ${reference}` };
  await read(first);
  await expect(content(treasurer).getByText("Neue Eingänge: 1, davon zugeordnet: 1")).toBeVisible();
  await expect(content(page).getByText(/10,70\s€, noch zu bezahlen 20,00\s€/)).toBeVisible();
  const second = { euros: "20.00", bankReference: `${run}2`, text: "Parkausweis" };
  await read(first, second);
  await expect(content(treasurer).getByText("Neue Eingänge: 1, davon zugeordnet: 0")).toBeVisible();
  const item = content(treasurer).getByRole("listitem").filter({ hasText: "20,00 € zu klären" }).first();
  await item.getByRole("button", { name: "Zuordnen" }).click();
  await treasurer.getByLabel("Kassenzeichen").fill(reference);
  await treasurer.getByRole("dialog").getByRole("button", { name: "Zuordnen" }).click();
  await expect(content(page).getByText("Ihre Zahlung ist eingegangen")).toBeVisible();
  await inspect(treasurer, "treasury-account");

  await answered(page, "parking", citizen);
  await submitButton(page).click();
  const number = await receiptNumber(page);
  const clerk = await anotherPerson();
  await clerkAt(clerk, "meppen");
  await clerk.goto(`${new URL(clerk.url()).origin}/mitarbeit?q=${number}`);
  await content(clerk).getByRole("link", { name: "Bewohnerparkausweis: Tomke Muster" }).first().click();
  await content(clerk).getByRole("button", { name: "Bar bezahlt" }).click();
  await clerk
    .getByRole("dialog")
    .getByRole("button", { name: /30,70.€ erhalten/ })
    .click();
  const receipt = await content(clerk)
    .getByRole("link", { name: "Quittung herunterladen (PDF)" })
    .getAttribute("href");
  const file = await clerk.request.get(new URL(receipt ?? "", clerk.url()).href);
  expect((await file.body()).subarray(0, 5).toString()).toBe("%PDF-");
});

/** A statement as banks write it (camt.053.001.08), without balances. */
function statement(iban: string, entries: { euros: string; bankReference: string; text: string }[]): string {
  const list = entries.map(
    ({ euros, bankReference, text }) =>
      `<Ntry><Amt Ccy="EUR">${euros}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-11-27</Dt></BookgDt>` +
      `<AcctSvcrRef>${bankReference}</AcctSvcrRef><NtryDtls><TxDtls><RltdPties><Dbtr><Pty><Nm>Tomke Muster</Nm></Pty></Dbtr></RltdPties>` +
      `<RmtInf><Ustrd>${text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>`,
  );
  return (
    '<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>' +
    `<Stmt><Id>1</Id><Acct><Id><IBAN>${iban}</IBAN></Id></Acct>${list.join("")}</Stmt></BkToCstmrStmt></Document>`
  );
}
