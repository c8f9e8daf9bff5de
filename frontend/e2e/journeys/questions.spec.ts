/** What a clerk asks for beside words, and how it comes: from a citizen at another portal, with a phone. */
import { answered } from "../support/drafts";
import { errands, inInbox, receiptNumber, submitButton } from "../support/errands";
import { dayFromToday, pdf } from "../support/forms";
import { inspect } from "../support/inspect";
import { handIn, press, typeDate, typeInto } from "../support/keyboard";
import { arrivesAt, content, fact, section, shows } from "../support/pages";
import { citizenAt, clerkAt } from "../support/people";
import { expect, test } from "../support/test";

const { service } = errands.vehicle;
const document = "Kaufvertrag des Fahrzeugs";

test("a clerk asks for a document and an answer of the form; the citizen sends both from another portal; the clerk sees them and decides", async ({
  page,
  anotherPerson,
}) => {
  const citizen = await citizenAt(page, "meppen", "Okka");
  const clerk = await anotherPerson();
  await clerkAt(clerk, "landkreis");

  /** The citizen applies, and the clerk opens the case. */
  const applies = async () => {
    await answered(page, "vehicle", citizen);
    await submitButton(page).click();
    const number = await receiptNumber(page);
    await page.getByRole("link", { name: "Zum Antrag" }).click();
    await arrivesAt(page, service);
    await expect(async () => {
      await expect(await inInbox(clerk, number)).toHaveCount(1, { timeout: 3_000 });
    }).toPass();
    await (await inInbox(clerk, number)).getByRole("link").first().click();
    await arrivesAt(clerk, `${service}: Okka Muster`);
  };
  await applies();
  await page.setViewportSize({ width: 360, height: 740 });

  await test.step("the clerk asks, by keyboard", async () => {
    await clerk.keyboard.press("r");
    await expect(
      clerk.getByLabel("Vorlage einsetzen").or(clerk.getByLabel("Ihre Frage")).first(),
    ).toBeFocused();
    await clerk.getByLabel("Ihre Frage").focus();
    await clerk.keyboard.type("Uns fehlt der Kaufvertrag, und das Kennzeichen gibt es nicht.");
    await press(clerk, clerk.getByRole("button", { name: "Unterlage anfordern" }));
    await expect(clerk.getByLabel("Was soll die Person schicken?")).toBeFocused();
    await press(clerk, clerk.getByRole("button", { name: "Frage senden" }));
    const error = clerk.getByRole("link", { name: /^Unterlage 1: Bitte schreiben Sie/ });
    await expect(error).toBeVisible();
    await press(clerk, error);
    await expect(clerk.getByLabel("Was soll die Person schicken?")).toBeFocused();
    await clerk.keyboard.type(document);
    await typeInto(clerk, clerk.getByLabel("Hinweis dazu"), "Ein Foto genügt.");
    await press(clerk, clerk.locator("summary").filter({ hasText: "Angaben berichtigen" }));
    await press(clerk, clerk.getByRole("checkbox", { name: "Kennzeichen EL AB 123" }), "Space");
    await typeDate(clerk, /^Antwort bis/, dayFromToday(20));
    await inspect(clerk, "case-question-with-requests");
    await press(clerk, clerk.getByRole("button", { name: "Frage senden" }));
    await expect(section(clerk, "Verlauf")).toContainText(document);
    await expect(section(clerk, "Verlauf")).toContainText("Antwort bis zum");
  });

  await test.step("the citizen reads it, uploads the document, which is there after a reload, and corrects the answer", async () => {
    await expect(page.getByRole("heading", { name: /hat eine Frage an Sie/ })).toBeVisible();
    await expect(content(page)).toContainText("Bitte antworten Sie bis zum");
    await page.getByRole("button", { name: "Antwort senden" }).focus();
    await page.keyboard.press("Enter");
    await expect(page.getByLabel(/^Nachricht dazu/)).toHaveAccessibleDescription(
      /laden Sie eine Unterlage hoch/,
    );
    await inspect(page, "application-asked-nothing");
    await handIn(page, page.getByLabel(document), pdf("Kaufvertrag.pdf"));
    await page.reload();
    await expect(page.getByRole("button", { name: "Entfernen Kaufvertrag.pdf" })).toBeVisible();
    await page.getByRole("button", { name: "Antwort senden" }).focus();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog", { name: "Es fehlt noch etwas. Trotzdem senden?" });
    await expect(dialog).toContainText("Kennzeichen");
    await inspect(page, "application-asked-missing");
    await page.keyboard.press("Escape");
    const plate = page.getByLabel("Kennzeichen", { exact: true });
    await plate.fill("keines");
    await page.getByRole("button", { name: "Antwort senden" }).click();
    await expect(plate).toHaveAccessibleDescription(/Schreibweise/);
    await plate.fill("EL OK 12");
    await page.getByRole("button", { name: "Antwort senden" }).click();
    const sent = page.getByRole("heading", { name: /^Ihre Antwort ist unterwegs/ });
    await expect(sent).toBeVisible();
    await expect(section(page, "Verlauf").getByRole("listitem").first()).toContainText("Kaufvertrag.pdf");
    await inspect(page, "application-answered");
  });

  await test.step("the clerk sees both, what was there before, and looks at the file", async () => {
    await expect(fact(clerk, "Kennzeichen")).toContainText(/^EL OK 12.*Berichtigt am .*vorher: EL AB 123/);
    const attachments = section(clerk, "Anhänge");
    await expect(attachments.getByRole("heading", { name: document })).toBeVisible();
    const look = attachments.getByRole("link", { name: "Ansehen Kaufvertrag.pdf" });
    await expect(async () => {
      if ((await look.count()) === 0) await clerk.reload();
      await expect(look).toBeVisible({ timeout: 3_000 });
    }).toPass({ timeout: 30_000 });
    const shown = await clerk.request.get(new URL((await look.getAttribute("href")) ?? "", clerk.url()).href);
    expect(shown.headers()).toMatchObject({
      "content-type": "application/pdf",
      "content-disposition": expect.stringMatching(/^inline/),
    });
    expect((await shown.body()).equals(pdf("Kaufvertrag.pdf").buffer), "the file as it was sent").toBe(true);
    await inspect(clerk, "case-answered");
  });

  await test.step("the clerk writes, without asking, and decides; the citizen reads both", async () => {
    await clerk.getByRole("heading", { level: 1 }).focus();
    await clerk.keyboard.press("b");
    await expect(clerk.getByLabel("Ihre Nachricht")).toBeFocused();
    await clerk.keyboard.type("Vielen Dank, nun ist alles da.");
    await press(clerk, clerk.getByRole("button", { name: "Nachricht senden" }));
    await expect(section(page, "Verlauf")).toContainText("Vielen Dank, nun ist alles da.");
    await expect(clerk.getByRole("button", { name: "Rückfrage stellen" })).toBeVisible();
    await clerk.keyboard.press("d");
    await clerk.getByRole("radio", { name: "Bewilligen" }).check();
    await clerk.getByLabel("Begründung und Hinweise").fill("Das Fahrzeug ist abgemeldet.");
    await clerk.getByRole("button", { name: "Entscheidung senden" }).click();
    await expect(clerk.getByRole("heading", { name: "Erledigt" })).toBeFocused();
    await expect(page.getByRole("heading", { name: /hat Ihren Antrag bewilligt/ })).toBeVisible();
  });

  await test.step("what has become pointless is closed without a decision, with words", async () => {
    await clerk.getByRole("link", { name: "Zum Eingang" }).click();
    await shows(clerk, "Eingang");
    await applies();
    await clerk.keyboard.press("o");
    const dialog = clerk.getByRole("dialog", { name: "Ohne Bescheid abschließen?" });
    await typeInto(clerk, dialog.getByLabel("Text an die antragstellende Person"), "Das ist schon erledigt.");
    await press(clerk, dialog.getByRole("button", { name: "Endgültig abschließen" }));
    await expect(clerk.getByRole("heading", { name: "Erledigt" })).toBeFocused();
    await expect(page.getByRole("heading", { name: /hat den Vorgang abgeschlossen/ })).toBeVisible();
    await expect(content(page).getByRole("status").first()).toHaveText("Abgeschlossen");
    await expect(content(page)).toContainText("Das ist schon erledigt.");
    await clerk.keyboard.press("b");
    await expect(clerk.getByLabel("Ihre Nachricht")).toBeFocused();
    await clerk.keyboard.type("Noch ein Wort dazu.");
    await press(clerk, clerk.getByRole("button", { name: "Nachricht senden" }));
    await expect(section(page, "Verlauf")).toContainText("Noch ein Wort dazu.");
    await expect(clerk.getByRole("button", { name: "Nachricht schreiben" })).toBeFocused();
  });
});
