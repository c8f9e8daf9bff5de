import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, type Download, type Locator, type Page } from "@playwright/test";
import { atDirectory } from "../support/association";
import { begin, errands, inInbox, submit } from "../support/errands";
import { confirmVehicle, enterPerson, enterVehicle, next, pdf } from "../support/forms";
import { inspect } from "../support/inspect";
import { mailTo } from "../support/mail";
import { arrivesAt, content, followMenu, section, shows } from "../support/pages";
import { citizenAt, clerkAt } from "../support/people";
import { test } from "../support/test";

/**
 * How long the other side may take to see what was done, in milliseconds. The aim is a second on a machine with nothing else to
 * do; what is told by asking now and then, instead of at once, takes longer than this.
 */
const patience = 8000;

/**
 * Does something at one portal and waits until it shows at another, without reloading. Tells and limits the time from the
 * answer of the first portal to the text on the other's page.
 */
async function showsSoon(what: string, doer: Page, path: RegExp, act: () => Promise<void>, seen: Locator) {
  const answered = doer
    .waitForResponse((response) => response.request().method() === "POST" && path.test(response.url()))
    .then(() => performance.now());
  const shown = seen.waitFor({ state: "visible" }).then(() => performance.now());
  await act();
  const time = Math.round((await shown) - (await answered));
  console.log(`${what}: visible ${time} ms after the answer`);
  test.info().annotations.push({ type: "time", description: `${what}: ${time} ms` });
  expect(time, what).toBeLessThan(patience);
}

/** The first bytes of a file that was downloaded, which say what it is. */
const pdfOf = async (file: Download) =>
  readFileSync(await file.path())
    .subarray(0, 5)
    .toString();

test("the clerk asks, the citizen answers, the clerk decides, and each sees it at once", async ({
  page,
  anotherPerson,
  where,
}) => {
  const citizen = await citizenAt(page, "meppen", "Insa");
  const file = pdf("Fahrzeugschein.pdf");
  await begin(page, errands.vehicle);
  await enterPerson(page, citizen);
  await next(page);
  await enterVehicle(page, "EL IN 7");
  await page.getByLabel("Fotos der Kennzeichen und der Zulassungsbescheinigung").setInputFiles(file);
  await expect(page.getByRole("button", { name: "Entfernen Fahrzeugschein.pdf" })).toBeVisible();
  await next(page);
  await confirmVehicle(page);
  await next(page);

  const clerk = await anotherPerson();
  await clerk.goto(`${where.portals.landkreis}/mitarbeit/anmelden`);
  await inspect(clerk, "staff-sign-in");
  await clerkAt(clerk, "landkreis");
  const newCase = content(clerk).getByRole("link", { name: `${errands.vehicle.service}: Insa Muster` });
  await expect(newCase).toHaveCount(0);
  const number = await submit(page);
  await expect(newCase).toBeVisible();
  await inspect(clerk, "inbox");
  await page.getByRole("link", { name: "Zum Antrag" }).click();
  await arrivesAt(page, errands.vehicle.service);
  const reloads: string[] = [];
  page.on("load", () => reloads.push(page.url()));

  await test.step("a text that recurs is written once", async () => {
    await clerk.getByRole("link", { name: "Textvorlagen" }).click();
    await clerk.getByRole("button", { name: "Neue Vorlage" }).click();
    await clerk.getByRole("button", { name: "Vorlage speichern" }).click();
    await expect(clerk.getByRole("heading", { name: "Bitte prüfen Sie 3 Angaben" })).toBeVisible();
    await inspect(clerk, "case-template-errors");
    await clerk.getByLabel("Wofür?").selectOption("Rückfrage");
    await clerk.getByLabel("Name der Vorlage").fill("Standort");
    await clerk.getByLabel("Text", { exact: true }).fill("Guten Tag {name}, zu {number}:");
    await clerk.getByRole("button", { name: "Vorlage speichern" }).click();
    await expect(content(clerk).getByRole("heading", { name: "Standort" })).toBeVisible();
    await content(clerk).getByRole("link", { name: "Eingang" }).click();
  });

  await expect(await inInbox(clerk, number)).toHaveCount(1);
  await inspect(clerk, "inbox-search");
  await newCase.click();
  await arrivesAt(clerk, `${errands.vehicle.service}: Insa Muster`);
  await expect(content(clerk).getByText("EL IN 7", { exact: true })).toBeVisible();
  await inspect(clerk, "case");
  const download = clerk.waitForEvent("download");
  const look = clerk.getByRole("link", { name: "Ansehen Fahrzeugschein.pdf" });
  const shown = await clerk.request.get(new URL((await look.getAttribute("href")) ?? "", clerk.url()).href);
  expect(shown.headers()).toMatchObject({
    "content-type": "application/pdf",
    "content-disposition": expect.stringMatching(/^inline/),
  });
  await clerk.getByRole("link", { name: "Fahrzeugschein.pdf", exact: true }).click();
  const arrived = await download;
  expect(arrived.suggestedFilename()).toBe("Fahrzeugschein.pdf");
  expect(readFileSync(await arrived.path()).equals(file.buffer), "the file as it was sent").toBe(true);

  const state = content(page).getByRole("status").first();
  await showsSoon(
    "state",
    clerk,
    /\/cases\/[^/]+\/\w+$/,
    () => clerk.getByRole("button", { name: "In Bearbeitung nehmen" }).click(),
    content(page).getByText("In Bearbeitung", { exact: true }),
  );
  await expect(state).toHaveText("In Bearbeitung");

  await test.step("the case is the clerk's now; its date is set and a note written, of which the citizen sees nothing", async () => {
    const plan = section(clerk, "Zuteilung und Frist");
    await expect(plan).not.toContainText("noch niemandem");
    await plan.getByRole("button", { name: "Zuteilung und Frist ändern" }).click();
    const dialog = clerk.getByRole("dialog");
    await expect(dialog.getByLabel("Wer bearbeitet den Vorgang?")).toBeVisible();
    await dialog.getByLabel("Jahr").fill("2020");
    await dialog.getByRole("button", { name: "Speichern" }).click();
    await expect(dialog.getByText("Bitte geben Sie einen Tag ab heute an.").first()).toBeVisible();
    await inspect(clerk, "case-plan");
    await dialog.getByLabel("Jahr").fill(String(new Date().getFullYear() + 2));
    await dialog.getByRole("button", { name: "Speichern" }).click();
    await expect(dialog).toHaveCount(0);
    await expect(plan).toContainText(String(new Date().getFullYear() + 2));
    await clerk.getByLabel("Neue Notiz").fill("Halter am Telefon erreicht.");
    await clerk.getByRole("button", { name: "Notiz speichern" }).click();
    await expect(section(clerk, "Interne Notizen")).toContainText("Halter am Telefon erreicht.");
    await expect(page.getByText("Halter am Telefon erreicht.")).toHaveCount(0);
  });

  const question = "Steht der Wagen noch auf einer öffentlichen Straße?";
  await clerk.getByRole("button", { name: "Rückfrage stellen" }).click();
  await clerk.getByRole("button", { name: "Frage senden" }).click();
  await expect(clerk.getByLabel("Ihre Frage")).toHaveAccessibleDescription(/schreiben Sie eine Frage/);
  await inspect(clerk, "case-question");
  await clerk.getByLabel("Vorlage einsetzen").first().selectOption("Standort");
  await expect(clerk.getByLabel("Ihre Frage")).toHaveValue(`Guten Tag Insa Muster, zu ${number}:`);
  await clerk.getByLabel("Ihre Frage").fill(question);
  await showsSoon(
    "question",
    clerk,
    /\/cases\/[^/]+\/\w+$/,
    () => clerk.getByRole("button", { name: "Frage senden" }).click(),
    content(page).getByText(question).first(),
  );
  await expect(page.getByRole("heading", { name: /hat eine Frage an Sie/ })).toBeVisible();
  await inspect(page, "application-question");

  const answer = "Nein, er steht auf meinem Grundstück.";
  await page.getByLabel("Ihre Antwort").fill(answer);
  await showsSoon(
    "answer",
    page,
    /\/applications\/[^/]+\/\w+$/,
    () => page.getByRole("button", { name: "Nachricht senden" }).click(),
    content(clerk).getByText(answer),
  );

  const safe = await page.context().newPage();
  await safe.goto(`${where.portals.landkreis}/konto/dokumente`);
  await safe.getByLabel("Bescheide und Dokumente gleich in meinem Safe ablegen").check();
  await expect(safe.getByText("Bescheide und Dokumente werden ab jetzt im Safe abgelegt.")).toBeVisible();
  await inspect(safe, "documents-keep");

  const reason = "Das Fahrzeug ist abgemeldet. Die Gebühr ist bezahlt.";
  await clerk.getByRole("button", { name: "Entscheiden" }).click();
  await clerk.getByRole("button", { name: "Entscheidung senden" }).click();
  await expect(clerk.getByRole("heading", { name: "Bitte prüfen Sie 2 Angaben" })).toBeVisible();
  await inspect(clerk, "case-decision-errors");
  await clerk.getByRole("radio", { name: "Bewilligen" }).check();
  await clerk.getByLabel("Begründung und Hinweise").fill(reason);
  await expect(clerk.getByLabel("Rechtsbehelfsbelehrung")).toHaveValue(
    /innerhalb eines Monats nach Bekanntgabe Widerspruch.*Landkreis Emsland/,
  );
  const draft = clerk.waitForEvent("download");
  await clerk.getByRole("button", { name: "Vorschau als PDF" }).click();
  expect(await pdfOf(await draft)).toBe("%PDF-");
  await showsSoon(
    "decision",
    clerk,
    /\/cases\/[^/]+\/\w+$/,
    () => clerk.getByRole("button", { name: "Entscheidung senden" }).click(),
    content(page).getByText(reason).first(),
  );
  await expect(page.getByRole("heading", { name: /hat Ihren Antrag bewilligt/ })).toBeVisible();
  await expect(state).toHaveText("Bewilligt");
  expect(reloads, "the citizen's page was never loaded anew").toEqual([]);
  await inspect(page, "application-granted");
  await expect(clerk.getByRole("heading", { name: "Erledigt" })).toBeVisible();
  await inspect(clerk, "case-decided");
  await expect(section(page, "Verlauf").getByRole("listitem").first()).toContainText("bewilligt");

  await test.step("the decision is there as a PDF; when the citizen opens it, the clerk sees so", async () => {
    const paper = section(clerk, "Bescheid");
    await expect(paper).toContainText("noch nicht geöffnet");
    const link = content(page)
      .getByRole("link", { name: `Bescheid ${number}.pdf`, exact: true })
      .first();
    await expect(link).toBeVisible({ timeout: 20_000 });
    const opening = page.waitForEvent("download");
    await link.click();
    const mine = await opening;
    expect(await pdfOf(mine)).toBe("%PDF-");
    const [hash] = /[0-9a-f]{64}/.exec(await paper.innerText()) ?? [];
    const bytes = readFileSync(await mine.path());
    expect(createHash("sha256").update(bytes).digest("hex"), "what the authority keeps").toBe(hash);
    await expect(paper).not.toContainText("noch nicht geöffnet", { timeout: 20_000 });
  });

  await test.step("question and decision are in the mailbox, and a mail without content says so", async () => {
    await followMenu(page, "Postfach");
    const message = (subject: string) =>
      content(page).getByRole("link", { name: new RegExp(`^${subject}.*Fahrzeug abmelden`) });
    await expect(async () => {
      await page.reload();
      await expect(message("Entscheidung: Ihr Antrag ist bewilligt")).toBeVisible({ timeout: 3_000 });
    }).toPass({ timeout: 20_000 });
    await expect(message("Rückfrage zu Ihrem Antrag")).toBeVisible();
    await inspect(page, "mailbox");
    await message("Entscheidung: Ihr Antrag ist bewilligt").click();
    await expect(content(page)).toContainText(reason);
    await inspect(page, "message");
    await page.getByRole("link", { name: "Zum Antrag" }).click();
    await expect(page.getByRole("heading", { name: /hat Ihren Antrag bewilligt/ })).toBeVisible();
    const mail = await mailTo(page.request, citizen.email, /Nachricht|Postfach/);
    expect(mail).not.toContain(reason);
    expect(mail).not.toContain(question);
  });

  await test.step("the decision is in the safe by itself, as its owner has chosen", async () => {
    const kept = section(safe, "Im Safe")
      .getByRole("listitem")
      .filter({ hasText: "Ihr Antrag ist bewilligt" });
    await expect(async () => {
      await safe.reload();
      await expect(kept).toBeVisible({ timeout: 3_000 });
    }).toPass({ timeout: 60_000 });
    await expect(safe.getByLabel("Bescheide und Dokumente gleich in meinem Safe ablegen")).toBeChecked();
    await safe.close();
  });

  await test.step("a clerk from the county's directory sees the cases of the unit that their group works for, and no others", async () => {
    const colleague = await anotherPerson();
    const comes = async (...groups: string[]) => {
      const claims = { given_name: "Kim", family_name: "Klar", groups };
      await atDirectory({ id: "kim", amr: ["pwd", "mfa"], claims });
      await colleague.goto(`${where.portals.landkreis}/mitarbeit`);
      await shows(colleague, "Anmelden für Beschäftigte");
      await colleague.getByRole("link", { name: "Weiter: Verzeichnis des Landkreises" }).click();
    };
    const leaves = async () => {
      await colleague.getByRole("button", { name: "Abmelden", exact: true }).click();
      await expect(colleague.getByRole("button", { name: "Abmelden", exact: true })).toHaveCount(0);
    };
    await comes("sportgruppe");
    await expect(colleague.getByRole("alert")).toContainText("keine Aufgabe");
    await inspect(colleague, "directory-no-role");
    await comes("sportgruppe", "amt-zulassung");
    await shows(colleague, "Eingang");
    await expect(colleague.getByText("Angemeldet als Kim Klar")).toBeVisible();
    await expect(await inInbox(colleague, number)).toHaveCount(1);
    await leaves();
    await comes("amt-fahrerlaubnis");
    await shows(colleague, "Eingang");
    await expect(await inInbox(colleague, number)).toHaveCount(0);
  });
});
