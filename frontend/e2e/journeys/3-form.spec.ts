import { expect, type Page } from "@playwright/test";
import { answered } from "../support/drafts";
import { begin, errands, inInbox, receiptNumber, submitButton } from "../support/errands";
import { choose, enterDog, enterPerson, next, pdf } from "../support/forms";
import { inspect } from "../support/inspect";
import { arrivesAt, content, followMenu, shows } from "../support/pages";
import { address, citizenAt, clerkAt } from "../support/people";
import { test } from "../support/test";

test("the form is filled in from the account, keeps a draft, names what is wrong, and takes a file", async ({
  page,
}) => {
  const citizen = await citizenAt(page, "meppen", "Frieda");
  await begin(page, errands.dog);
  const offer = content(page).getByRole("link", { name: "Einwilligen und übernehmen" });
  await expect(offer).toBeVisible();
  await inspect(page, "form-consent-offer");
  await offer.click();
  await shows(page, "Stadt Meppen bittet um Ihre Einwilligung");
  await expect(content(page)).toContainText(`Wofür: ${errands.dog.service}`);
  await inspect(page, "consent");
  await page.getByRole("button", { name: "Einwilligen und weiter" }).click();
  await shows(page, errands.dog.firstStep);
  await expect(page.getByLabel("Vorname")).toHaveValue("Frieda");
  await expect(page.getByLabel("Straße")).toHaveValue(address.street);
  await expect(page.getByLabel("E-Mail-Adresse")).toHaveValue(citizen.email);
  await expect(page.getByLabel("Ort", { exact: true })).toHaveAccessibleDescription(
    "Aus Ihrem Konto übernommen",
  );
  await inspect(page, "form-prefilled");

  await page.getByLabel("Nachname").fill("");
  await page.getByLabel("Postleitzahl").fill("4971");
  await page.getByLabel("E-Mail-Adresse").fill("frieda");
  await next(page);
  await expect(page.getByRole("heading", { name: "Bitte prüfen Sie 3 Angaben" })).toBeVisible();
  const summary = content(page).locator(":focus");
  await expect(summary.getByRole("link")).toHaveCount(3);
  await expect(page.getByLabel("Nachname")).toHaveAccessibleDescription(/füllen Sie „Nachname“ aus/);
  await expect(page.getByLabel("Postleitzahl")).toHaveAccessibleDescription(
    /Schreibweise bei „Postleitzahl“/,
  );
  await expect(page.getByLabel("E-Mail-Adresse")).toHaveAccessibleDescription(/gültige E-Mail-Adresse/);
  await inspect(page, "form-errors");
  await summary.getByRole("link", { name: /Postleitzahl/ }).click();
  await expect(page.getByLabel("Postleitzahl")).toBeFocused();
  await page.getByLabel("Postleitzahl").fill(address.postalCode);
  await page.getByLabel("Nachname").fill("Muster");
  await page.getByLabel("E-Mail-Adresse").fill(citizen.email);
  await next(page);

  await arrivesAt(page, "Ihr Hund");
  await enterDog(page, "Bello");
  await expect(page.getByText(/Gespeichert um/)).toBeVisible();
  await page.reload();
  await shows(page, "Ihr Hund");
  await expect(page.getByLabel("Rufname")).toHaveValue("Bello");
  await expect(page.getByRole("radio", { name: "Rüde" })).toBeChecked();
  await expect(page.getByLabel("Chipnummer")).toHaveValue("276098100123456");
  await inspect(page, "form-step");
  await next(page);

  await arrivesAt(page, "Befreiung und Bestätigung");
  await choose(page, "Beantragen Sie eine Befreiung oder Ermäßigung?", "Ja, aus dem Tierheim");
  await page.getByLabel("Begründung").fill("Bello kommt aus dem Tierheim in Lingen.");
  await page.getByLabel("Nachweis").setInputFiles(pdf("Vertrag Tierheim.pdf"));
  await expect(page.getByRole("button", { name: "Entfernen Vertrag Tierheim.pdf" })).toBeVisible();
  await page.getByLabel(/Haftpflichtversicherung/).check();
  await page.getByLabel("Meine Angaben sind richtig und vollständig.").check();
  await inspect(page, "form-file");
  await next(page);

  await arrivesAt(page, "Bitte prüfen Sie Ihre Angaben");
  for (const text of [
    "Frieda",
    "Bello",
    "10. Februar 2025",
    "Vertrag Tierheim.pdf",
    "Ja, aus dem Tierheim",
  ]) {
    await expect(content(page).getByText(text, { exact: true })).toBeVisible();
  }
  await inspect(page, "form-review");
  await page.getByRole("link", { name: /Ändern – Ihr Hund/ }).click();
  await arrivesAt(page, "Ihr Hund");
  await page.getByLabel("Rufname").fill("Bella");
  await next(page);
  await next(page);
  await expect(content(page).getByText("Bella", { exact: true })).toBeVisible();
  await submitButton(page).click();
  await receiptNumber(page);
  await expect(content(page)).toContainText("Vertrag Tierheim.pdf");
  await page.goBack();
  await expect(submitButton(page)).toHaveCount(0);
});

/** The clerk has exactly one application of the number, and the citizen's list has it once among so many. */
async function expectOnce(page: Page, clerk: Page, number: string, many: number) {
  await expect(await inInbox(clerk, number)).toHaveCount(1);
  await followMenu(page, "Meine Anträge");
  const listed = content(page).getByRole("listitem");
  await expect(listed).toHaveCount(many);
  await expect(listed.filter({ hasText: number })).toHaveCount(1);
}

test("pressing the button twice submits one application, and so does a second press after a lost reply", async ({
  page,
  anotherPerson,
  complaints,
}) => {
  complaints.expect(/ERR_CONNECTION_FAILED.*\/submit/);
  const citizen = await citizenAt(page, "meppen", "Doris");
  const clerk = await anotherPerson();
  await clerkAt(clerk, "meppen");
  await answered(page, "dog", citizen);
  await submitButton(page).dblclick();
  await expectOnce(page, clerk, await receiptNumber(page), 1);

  await answered(page, "dog", citizen);
  const replies: number[] = [];
  await page.route(
    "**/api/v1/applications/*/submit",
    async (route) => {
      replies.push((await route.fetch()).status());
      await route.abort("connectionfailed");
    },
    { times: 1 },
  );
  await submitButton(page).click();
  await expect(page.getByRole("alert")).toContainText("Keine Verbindung");
  expect(replies, "the portal had taken the application").toEqual([200]);
  await inspect(page, "form-review-offline");
  await submitButton(page).click();
  await expectOnce(page, clerk, await receiptNumber(page), 2);
});

test("a draft can be gone on with, or thrown away", async ({ page, anotherPerson }) => {
  await citizenAt(page, "meppen", "Theda");
  await begin(page, errands.dog);
  await page.getByLabel("Vorname").fill("Theda");
  await expect(page.getByText(/Gespeichert um/)).toBeVisible();
  await test.step("its address leads to it on another device, where its owner signs in", async () => {
    await page.getByRole("button", { name: "Auf einem anderen Gerät weitermachen" }).click();
    const dialog = page.getByRole("dialog", { name: "Auf einem anderen Gerät weitermachen" });
    await expect(dialog.getByRole("img", { name: "QR-Code mit der Adresse Ihres Entwurfs" })).toBeVisible();
    await inspect(page, "form-another-device");
    const phone = await anotherPerson();
    await phone.goto(await dialog.getByText(/^https?:/).innerText());
    await shows(phone, "Bitte melden Sie sich an");
    await page.keyboard.press("Escape");
    await expect(page.getByRole("button", { name: "Auf einem anderen Gerät weitermachen" })).toBeFocused();
  });
  await followMenu(page, "Meine Anträge");
  await expect(content(page).getByRole("listitem")).toContainText("Entwurf");
  await inspect(page, "applications-draft");
  await content(page).getByRole("link", { name: errands.dog.service }).click();
  await arrivesAt(page, errands.dog.firstStep);
  await expect(page.getByLabel("Vorname")).toHaveValue("Theda");
  await page.getByRole("button", { name: "Entwurf löschen" }).click();
  const dialog = page.getByRole("dialog", { name: "Entwurf löschen?" });
  await expect(dialog).toBeVisible();
  await inspect(page, "dialog");
  await dialog.getByRole("button", { name: "Ja, löschen" }).click();
  await arrivesAt(page, "Meine Anträge");
  await expect(content(page).getByText("Sie haben hier noch keinen Antrag begonnen.")).toBeVisible();
  await inspect(page, "applications-none");
});

test("a group of questions is asked once for each thing", async ({ page }) => {
  const citizen = await citizenAt(page, "meppen", "Heike");
  await begin(page, errands.bulkyWaste);
  await enterPerson(page, citizen);
  await next(page);
  await arrivesAt(page, "Was soll abgeholt werden?");
  await page.getByLabel("Art", { exact: true }).selectOption({ label: "Sofa oder Sessel" });
  await page.getByLabel("Anzahl").fill("viele");
  await page.getByRole("button", { name: /hinzufügen/ }).click();
  await expect(page.getByRole("heading", { level: 2, name: /2$/ })).toBeFocused();
  await next(page);
  await expect(page.getByRole("heading", { name: "Bitte prüfen Sie 3 Angaben" })).toBeVisible();
  await expect(content(page).locator(":focus").getByRole("link")).toHaveText([
    /„Anzahl“ eine Zahl/,
    /bei „Art“/,
    /füllen Sie „Anzahl“/,
  ]);
  await inspect(page, "form-group-errors");
  await page.getByRole("button", { name: /^Entfernen .* 2$/ }).click();
  await page.getByLabel("Anzahl").fill("1");
  await next(page);
  await arrivesAt(page, "Ort und Termin");
  await choose(page, "Wo soll abgeholt werden?", "An einer anderen Adresse");
  await expect(page.getByLabel("Straße des Abholorts")).toBeVisible();
  await choose(page, "Wo soll abgeholt werden?", "An meiner Adresse");
  await expect(page.getByLabel("Straße des Abholorts")).toHaveCount(0);
});
