/** What clerks do together, and what becomes of a file: at Lathen's portal, whose clerks no other journey needs. */
import { readFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import type { Page } from "@playwright/test";
import { association } from "../support/association";
import { answered } from "../support/drafts";
import { inInbox, submitButton } from "../support/errands";
import { dayFromToday, pdf } from "../support/forms";
import { inspect } from "../support/inspect";
import { pick, press, takeFromList, typeAndTake, typeDate, typeInto } from "../support/keyboard";
import { linkIn, mailTo } from "../support/mail";
import { content, fact, section, shows } from "../support/pages";
import { citizenAt, clerkAt, enterPassword } from "../support/people";
import { expect, test } from "../support/test";
import { unzip } from "../support/zip";

const service = "Straßenfest und Sondernutzung öffentlicher Flächen";

interface Colleague {
  name: string;
  email: string;
  password: string;
}

/** Has an administrator, who is signed in, invite a clerk, and signs that one in at their own browser. */
async function colleagueOf(administrator: Page, clerk: Page, name: string): Promise<Colleague> {
  const mark = randomBytes(4).toString("hex");
  const colleague = { name, email: `${mark}@lathen.example`, password: `Hinter dem Deich ${mark}` };
  const status = await administrator.evaluate(
    async (body) => {
      const session = (await (await fetch("/api/v1/session")).json()) as { csrfToken: string };
      const headers = {
        "Content-Type": "application/json",
        "X-CSRF-Token": session.csrfToken,
        "Idempotency-Key": crypto.randomUUID(),
      };
      return (await fetch("/api/v1/admin/staff", { method: "POST", headers, body })).status;
    },
    JSON.stringify({ email: colleague.email, name, roles: ["clerk"] }),
  );
  expect(status, "the invitation").toBe(201);
  await clerk.goto(linkIn(await mailTo(clerk.request, colleague.email, /Ihr Zugang zum Portal/)));
  await clerk.getByLabel("Neues Passwort", { exact: true }).fill(colleague.password);
  await clerk.getByRole("button", { name: "Passwort speichern" }).click();
  await expect(clerk.getByText("Ihr Passwort ist geändert")).toBeVisible();
  await clerk.goto(`${association().portals.lathen}/mitarbeit`);
  await enterPassword(clerk, colleague);
  await shows(clerk, "Eingang");
  return colleague;
}

/** Applies for a street party at Lathen, and stays at the page of the application; answers its number. */
async function applied(page: Page, givenName: string): Promise<string> {
  const citizen = await citizenAt(page, "lathen", givenName);
  await answered(page, "streetParty", citizen);
  await submitButton(page).click();
  await shows(page, "Ihr Antrag ist abgeschickt");
  const number = await fact(page, "Antragsnummer").innerText();
  await page.getByRole("link", { name: "Zum Antrag" }).click();
  await shows(page, service);
  return number;
}

/** Opens a case by its number. */
async function opens(clerk: Page, number: string): Promise<void> {
  await clerk.goto(`${association().portals.lathen}/mitarbeit`);
  await shows(clerk, "Eingang");
  await (await inInbox(clerk, number)).getByRole("link").first().click();
  await shows(clerk, new RegExp(`^${service}: `));
}

/** Goes through two cases that have a name, forth and back, by single keys; turns these off and on again; ends at the list. */
async function byKeys(clerk: Page, name: string): Promise<void> {
  const place = (text: string) => content(clerk).getByText(text, { exact: true });
  const title = clerk.getByRole("heading", { level: 1 });
  await clerk.goto(`${association().portals.lathen}/mitarbeit`);
  await shows(clerk, "Eingang");
  const search = clerk.getByRole("textbox", { name: "Suche nach Nummer, Name oder Leistung" });
  await expect(search).toHaveAttribute("aria-keyshortcuts", "s");
  await clerk.keyboard.press("s");
  await expect(search).toBeFocused();
  await clerk.keyboard.type(name);
  await clerk.keyboard.press("Enter");
  await expect(clerk).toHaveURL(new RegExp(`q=${name}`));
  await expect(content(clerk).locator("[aria-busy=true]")).toHaveCount(0);
  await expect(content(clerk).getByRole("listitem").filter({ hasText: name })).toHaveCount(2);
  await clerk.keyboard.press("Tab"); // out of the field
  for (const [key, stop] of [
    ["n", "Vorgang 1 von 2"],
    ["n", "Vorgang 2 von 2"],
    ["v", "Vorgang 1 von 2"],
  ] as const) {
    await clerk.keyboard.press(key);
    await expect(place(stop)).toBeVisible();
    await expect(title).toBeFocused();
  }
  await clerk.keyboard.press("?");
  const keys = clerk.getByRole("dialog", { name: "Tastenkürzel" });
  await expect(keys).toBeVisible();
  await inspect(clerk, "case-keys");
  const use = keys.getByLabel("Tastenkürzel verwenden");
  await press(clerk, use, "Space");
  await expect(use).not.toBeChecked();
  await clerk.keyboard.press("Escape");
  await expect(title).toBeFocused();
  await expect(clerk.locator("[aria-keyshortcuts]")).toHaveCount(0);
  await press(clerk, clerk.getByRole("button", { name: "Tastenkürzel" }));
  await press(clerk, use, "Space");
  await expect(use).toBeChecked();
  await clerk.keyboard.press("Escape");
  await clerk.keyboard.press("e");
  await shows(clerk, "Eingang");
  await expect(clerk).toHaveURL(new RegExp(`q=${name}`));
}

/** Writes a decision, by the keyboard, and puts it to a second clerk. */
async function proposes(clerk: Page, reason: string): Promise<void> {
  await press(clerk, clerk.getByRole("button", { name: "Entscheiden" }));
  await expect(content(clerk).getByText("Darunter steht der Name der Person, die zustimmt.")).toBeVisible();
  await pick(clerk, "Entscheidung", "Bewilligen");
  await typeInto(clerk, clerk.getByLabel("Begründung und Hinweise"), reason);
  await press(clerk, clerk.getByRole("button", { name: "Zur Zustimmung vorlegen" }));
  await expect(clerk.getByRole("heading", { name: "Entscheidung wartet auf Zustimmung" })).toBeVisible();
}

test("a decision waits for a second clerk, who gives it back and then agrees; the file is exported whole, and held", async ({
  page,
  anotherPerson,
  where,
}) => {
  const [clerk, second] = [await anotherPerson(), await anotherPerson()];
  await clerkAt(clerk, "lathen");
  const colleague = await colleagueOf(clerk, second, "Zoe Zweite");
  const number = await applied(page, "Femke");

  await test.step("an administrator asks for four eyes and sixty months, for one service", async () => {
    await clerk.goto(`${where.portals.lathen}/verwaltung/vorgaenge`);
    await shows(clerk, "Regeln für Vorgänge");
    await press(clerk, clerk.getByRole("button", { name: "Regel für eine Leistung" }));
    const dialog = clerk.getByRole("dialog");
    const option = clerk.getByRole("option", { name: new RegExp(`^${service}.*Lathen`) }); // Meppen has one, too
    await typeAndTake(clerk, dialog.getByLabel("Leistung", { exact: true }), "Straßenfest", option);
    await typeInto(clerk, dialog.getByLabel("Aufbewahrung in Monaten"), "60");
    await pick(clerk, "Vier Augen bei Entscheidungen", "Eine zweite Person muss zustimmen");
    await inspect(clerk, "case-rule-of-service");
    await press(clerk, dialog.getByRole("button", { name: "Speichern" }));
    await expect(dialog).toHaveCount(0);
    await expect(section(clerk, service)).toContainText("60 Monate · Vier Augen");
  });

  const reason = "Die Straße ist am 12. Juni gesperrt.";
  await opens(clerk, number);
  await proposes(clerk, "Die Straße ist gesperrt.");
  await expect(clerk.getByRole("button", { name: "Zurücknehmen" })).toBeVisible();
  await expect(clerk.getByRole("button", { name: "Zustimmen und senden" })).toHaveCount(0);

  await test.step("the second clerk finds what waits, and gives it back with words", async () => {
    await press(second, second.getByRole("link", { name: "Wartet auf meine Zustimmung" }));
    const waiting = content(second).getByRole("listitem").filter({ hasText: number });
    await press(second, waiting.getByRole("link").first());
    await expect(content(second)).toContainText(`Im Auftrag, ${colleague.name}.`);
    await inspect(second, "case-proposal");
    const draft = second.waitForEvent("download");
    await press(second, second.getByRole("button", { name: "Vorschau als PDF" }));
    expect(
      readFileSync(await (await draft).path())
        .subarray(0, 5)
        .toString(),
    ).toBe("%PDF-");
    await press(second, second.getByRole("button", { name: "Zurückgeben" }));
    const dialog = second.getByRole("dialog");
    await typeInto(second, dialog.getByLabel("Was ist zu ändern?"), "Bitte den Tag nennen.");
    await press(second, dialog.getByRole("button", { name: "Zurückgeben" }));
    await expect(second.getByRole("heading", { name: "Bearbeiten" })).toBeVisible();
  });
  await expect(page.getByRole("heading", { name: /hat Ihren Antrag/ })).toHaveCount(0);

  await test.step("it is written anew, and goes out when the second clerk agrees", async () => {
    await expect(section(clerk, "Interne Notizen")).toContainText("Bitte den Tag nennen.");
    await proposes(clerk, reason);
    await expect(content(second)).toContainText(reason);
    await press(second, second.getByRole("button", { name: "Zustimmen und senden" }));
    await expect(second.getByRole("heading", { name: "Erledigt" })).toBeVisible();
    await expect(page.getByRole("heading", { name: /hat Ihren Antrag bewilligt/ })).toBeVisible();
    await expect(content(page)).toContainText(reason);
  });

  const keeping = section(clerk, "Akte und Aufbewahrung");
  await test.step("the case says when it goes, and is held for a reason", async () => {
    const year = String(new Date().getFullYear() + 5);
    await expect(fact(keeping, "Wird gelöscht am")).toContainText(year);
    await press(clerk, keeping.getByRole("button", { name: "Löschsperre setzen" }));
    const dialog = clerk.getByRole("dialog");
    await press(clerk, dialog.getByRole("button", { name: "Sperre setzen" }));
    await expect(dialog.getByText("Bitte geben Sie einen Grund an.").first()).toBeVisible();
    await typeInto(clerk, dialog.getByLabel("Grund"), "Klage, 1 A 5/26");
    await press(clerk, dialog.getByRole("button", { name: "Sperre setzen" }));
    await expect(keeping).toContainText("Wird nicht gelöscht");
    await expect(keeping).toContainText("Klage, 1 A 5/26");
    await inspect(clerk, "case-held");
  });

  await test.step("the whole file is exported: the page, the data with fee and hold, what was attached, the decision", async () => {
    const download = clerk.waitForEvent("download");
    await press(clerk, keeping.getByRole("link", { name: "Akte exportieren (ZIP)" }));
    const files = unzip(readFileSync(await (await download).path()));
    const json = (name: string) => JSON.parse(files.get(name)?.toString() ?? "null") as unknown;
    const manifest = json("manifest.json") as {
      number: string;
      missing: string[];
      files: { name: string; mediaType: string; title: string }[];
    };
    expect(manifest.number).toBe(number);
    expect(manifest.missing).toEqual([]);
    const named = (mediaType: string) => manifest.files.filter((file) => file.mediaType === mediaType);
    expect(files.get(named("text/html")[0]?.name ?? "")?.toString()).toContain(
      "Gebühr für die Sondernutzung",
    );
    const data = json(named("application/json")[0]?.name ?? "") as {
      fees: { purpose: string }[];
      hold: { text: string };
    };
    expect(data.hold.text).toBe("Klage, 1 A 5/26");
    expect(data.fees.map(({ purpose }) => purpose)).toEqual(["Gebühr für die Sondernutzung"]);
    const papers = named("application/pdf");
    expect(papers.map(({ title }) => title)).toEqual(["Schein.pdf", `Bescheid ${number}.pdf`]);
    expect(files.get(papers[0]?.name ?? "")?.equals(pdf("Schein.pdf").buffer), "as it was sent").toBe(true);
  });

  await test.step("when the hold ends, the case goes on its day again", async () => {
    await press(clerk, keeping.getByRole("button", { name: "Sperre aufheben" }));
    await expect(fact(keeping, "Wird gelöscht am")).toBeVisible();
  });
});

test("a clerk names a deputy, who hears of it and sees what lies with the clerk, until it ends", async ({
  page,
  anotherPerson,
  where,
}) => {
  const [clerk, deputy] = [await anotherPerson(), await anotherPerson()];
  await clerkAt(clerk, "lathen");
  const absent = await colleagueOf(clerk, page, `Urs Urlaub ${randomBytes(2).toString("hex")}`);
  const colleague = await colleagueOf(clerk, deputy, `Vera Vertretung ${randomBytes(2).toString("hex")}`);
  const letters = [...randomBytes(5)].map((byte) => "abcdefghij"[byte % 10]).join("");
  const mark = `Gesche${letters}`; // a name that finds these two
  const [number] = await Promise.all([
    applied(await anotherPerson(), mark),
    applied(await anotherPerson(), mark),
  ]);
  await test.step("the way through the inbox needs one key a case", () => byKeys(page, mark));
  await press(
    page,
    content(page).getByRole("listitem").filter({ hasText: number }).getByRole("link").first(),
  );
  await shows(page, new RegExp(`^${service}: `));
  await page.keyboard.press("m");
  await expect(section(page, "Zuteilung und Frist")).toContainText(absent.name);

  await page.goto(`${where.portals.lathen}/mitarbeit/vertretung`);
  await shows(page, "Vertretung");
  await press(page, page.getByRole("button", { name: "Vertretung eintragen" }));
  const dialog = page.getByRole("dialog");
  await takeFromList(page, dialog.getByLabel("Wer vertritt Sie?"), colleague.name);
  await typeDate(page, "Bis wann?", dayFromToday(10));
  await inspect(page, "case-deputy-dialog");
  await press(page, dialog.getByRole("button", { name: "Speichern" }));
  await expect(section(page, "Meine Vertretung")).toContainText(colleague.name);
  await mailTo(page.request, colleague.email, /vertret/i);

  await deputy.goto(`${where.portals.lathen}/mitarbeit`);
  const banner = content(deputy).getByText(`Sie vertreten ${absent.name}`);
  await expect(banner).toBeVisible();
  await inspect(deputy, "inbox-deputy");
  await press(deputy, content(deputy).getByRole("link", { name: "1 offener Vorgang" }));
  const found = content(deputy).getByRole("listitem").filter({ hasText: number });
  await press(deputy, found.getByRole("link").first());
  await shows(deputy, new RegExp(`^${service}: `));
  await press(deputy, deputy.getByRole("button", { name: "Rückfrage stellen" }));
  await typeInto(deputy, deputy.getByLabel("Ihre Frage"), "Wie viele kommen?");
  await press(deputy, deputy.getByRole("button", { name: "Frage senden" }));
  await expect(content(deputy).getByRole("status").first()).toContainText("Wartet auf Antwort");

  await press(page, page.getByRole("button", { name: "Vertretung beenden" }));
  await expect(section(page, "Meine Vertretung")).toContainText("Zurzeit vertritt Sie niemand.");
  await deputy.goto(`${where.portals.lathen}/mitarbeit`);
  await shows(deputy, "Eingang");
  await expect(content(deputy).getByRole("navigation", { name: "Nach Stand" })).toBeVisible();
  await expect(banner).toHaveCount(0);
});
