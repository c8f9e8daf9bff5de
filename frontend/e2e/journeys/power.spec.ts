import type { Page } from "@playwright/test";
import { arrival, begin, errands, inInbox, receiptNumber, submit, submitButton } from "../support/errands";
import { confirmVehicle, enterDate, enterPerson, enterVehicle, next } from "../support/forms";
import { inspect } from "../support/inspect";
import { linkIn, mailTo } from "../support/mail";
import { arrivesAt, content, fact, followMenu, shows } from "../support/pages";
import { citizenAt, clerkAt, type Citizen } from "../support/people";
import { expect, test } from "../support/test";

const { vehicle } = errands;

/** Grants a power of attorney for deregistering a vehicle, step by step. */
async function grant(page: Page, home: string, to: Citizen, kind: RegExp, pictures = true): Promise<void> {
  const look = (name: string) => (pictures ? inspect(page, name) : undefined);
  await page.goto(`${home}/vollmachten`);
  await shows(page, "Vollmachten");
  await look("powers-none");
  await content(page).getByRole("link", { name: "Neue Vollmacht erteilen" }).click();
  await arrivesAt(page, "Wer soll für Sie handeln?");
  await next(page);
  await expect(page.getByRole("link", { name: "Bitte geben Sie einen Namen an." })).toBeVisible();
  await page.getByLabel(kind).check();
  await page.getByLabel("Name der Person oder des Büros").fill(to.givenName);
  await page.getByLabel("E-Mail-Adresse der Person").fill(to.email);
  await look("power-who");
  await next(page);
  await arrivesAt(page, "Wofür gilt die Vollmacht?");
  await page.getByRole("combobox", { name: "Leistung suchen und hinzufügen" }).fill("fahrzeug abm");
  await page.getByRole("option", { name: vehicle.service }).click();
  await expect(content(page).getByText(vehicle.service, { exact: true })).toBeVisible();
  await look("power-what");
  await next(page);
  await arrivesAt(page, "Wie lange, und mit welchen Daten?");
  await enterDate(page, "Letzter Tag, an dem sie gilt", ["30", "6", "2027"]);
  await page.getByLabel("Vorname").check();
  await page.getByLabel("Nachname", { exact: true }).check();
  await look("power-until");
  await next(page);
  await arrivesAt(page, "Bitte prüfen Sie die Vollmacht");
  await look("power-review");
  await page.getByRole("button", { name: "Vollmacht erteilen und einladen" }).click();
  await expect(content(page)).toContainText(`Die Einladung ist unterwegs an ${to.email}`);
}

/** Accepts what the mail invites to. */
async function accept(page: Page, who: Citizen, subject: RegExp, pictures = true): Promise<void> {
  await page.goto(linkIn(await mailTo(page.request, who.email, subject)));
  await shows(page, "Vollmacht annehmen");
  await expect(page).toHaveURL(/annehmen$/); // the token is out of the address
  if (pictures) await inspect(page, "power-invitation");
  await page.getByRole("button", { name: "Annehmen" }).click();
  await expect(content(page)).toContainText("Sie haben angenommen");
}

/** Confirms who has accepted. */
async function confirm(page: Page, home: string, name: string, pictures = true): Promise<void> {
  await page.goto(`${home}/vollmachten`);
  await content(page).getByRole("link", { name }).first().click();
  await expect(content(page)).toContainText("Ist das die richtige Person?");
  if (pictures) await inspect(page, "power-confirm");
  await page.getByRole("button", { name: "Ja, Vollmacht bestätigen" }).click();
  await expect(page.getByText("Die Vollmacht gilt jetzt.")).toBeVisible();
}

/** Acts for somebody at Meppen's portal, where nobody has an account. */
async function actAtMeppen(page: Page, meppen: string, button: string): Promise<void> {
  await page.goto(`${meppen}/api/v1/signin/start?returnTo=%2Fhandeln-fuer`, { waitUntil: "commit" });
  await shows(page, "Handeln für …");
  await page.getByRole("button", { name: button }).click();
}

/** Fills in the deregistration up to the summary. */
async function fillIn(page: Page, owner: Citizen, plate: string): Promise<void> {
  await enterPerson(page, owner);
  await next(page);
  await enterVehicle(page, plate);
  await next(page);
  await confirmVehicle(page);
  await next(page);
  await arrivesAt(page, "Bitte prüfen Sie Ihre Angaben");
}

test("a power of attorney is granted, accepted, used at another portal, seen by the clerk, withdrawn, and refused from then on", async ({
  page,
  anotherPerson,
  complaints,
  where,
}) => {
  test.setTimeout(400_000);
  const { landkreis, meppen } = where.portals;
  const clara = await citizenAt(page, "landkreis", "Clara");
  const other = await anotherPerson();
  const bernd = await citizenAt(other, "landkreis", "Bernd");

  await test.step("granted, accepted, confirmed", async () => {
    await grant(page, landkreis, bernd, /^Für mich handeln/);
    await accept(other, bernd, /Clara Muster möchte Ihnen eine Vollmacht erteilen/);
    await confirm(page, landkreis, "Bernd Muster kann für Sie handeln");
    await mailTo(other.request, bernd.email, /Neue Nachricht in Ihrem Postfach/);
  });

  await test.step("used at Meppen's portal: who acts for whom is on every page", async () => {
    await actAtMeppen(other, meppen, "Für Clara Muster handeln");
    await expect(other.getByRole("complementary", { name: "Für wen Sie handeln" })).toContainText(
      "Sie handeln für Clara Muster.",
    );
    await inspect(other, "acting-for");
    await begin(other, vehicle);
    await expect(other.getByLabel("Vorname")).toHaveValue("Clara"); // as far as the power allows
    await expect(other.getByLabel("Straße")).toHaveValue("");
    await inspect(other, "acting-form");
    await fillIn(other, clara, "EL CB 11");
    await inspect(other, "acting-review");
  });
  const number = await submit(other);
  await expect(fact(other, "Mit Vollmacht")).toHaveText("Bernd Muster handelt für Clara Muster");
  await arrival(other);
  await inspect(other, "acting-receipt");

  await test.step("the clerk sees who acts for whom, proved", async () => {
    const clerk = await anotherPerson();
    await clerkAt(clerk, "landkreis");
    const found = await inInbox(clerk, number);
    await found.getByRole("link", { name: `${vehicle.service}: Clara Muster` }).click();
    await expect(fact(clerk, "Handelt mit Vollmacht")).toHaveText(
      "Bernd Muster für Clara Muster, nachgewiesen",
    );
    await inspect(clerk, "case-by-power");
  });

  await test.step("the person is told, sees the application, and who has read their data", async () => {
    await page.goto(`${meppen}/api/v1/signin/start?returnTo=%2Fantraege`, { waitUntil: "commit" });
    await shows(page, "Meine Anträge");
    await content(page).getByRole("link", { name: vehicle.service }).click();
    await expect(fact(page, "Mit Vollmacht")).toHaveText("Bernd Muster handelt für Clara Muster");
    await inspect(page, "application-by-power");
    await expect(async () => {
      await page.goto(`${landkreis}/postfach`);
      await expect(content(page).getByText(/Bernd Muster hat für Sie beantragt/)).toBeVisible({
        timeout: 3_000,
      });
    }).toPass();
    await page.goto(`${landkreis}/konto/zugriffe`);
    await expect(
      content(page)
        .getByText(/Bernd Muster, Stadt Meppen/)
        .first(),
    ).toBeVisible();
    await page.goto(`${landkreis}/vollmachten`);
    await inspect(page, "powers");
    await content(page).getByRole("link", { name: "Bernd Muster kann für Sie handeln" }).click();
    await expect(
      content(page)
        .getByRole("listitem")
        .getByText(/Eingereicht/),
    ).toBeVisible();
    await inspect(page, "power");
  });

  await test.step("withdrawn while a draft is on the last step: refused in words, the draft kept", async () => {
    await begin(other, vehicle);
    await fillIn(other, clara, "EL CB 12");
    const draft = new URL(other.url()).pathname;
    await page.getByRole("button", { name: "Vollmacht zurückziehen" }).click();
    await page.getByRole("button", { name: "Ja, beenden" }).click();
    await expect(page.getByText("Die Vollmacht ist beendet.")).toBeVisible();
    complaints.expect(/status of 403/, /status of 404/, /status of 409/);
    await submitButton(other).click();
    await expect(content(other)).toContainText("Diese Vollmacht gilt nicht.");
    await expect(content(other)).toContainText("Sie wurde zurückgezogen. Ihr Entwurf bleibt gespeichert.");
    await inspect(other, "power-refused");
    await expect(async () => {
      await other.goto(`${meppen}${draft}`);
      await expect(content(other)).toContainText("Dieser Entwurf ist für Clara Muster", { timeout: 3_000 });
    }).toPass();
    await expect(other.getByRole("complementary", { name: "Für wen Sie handeln" })).toHaveCount(0);
    await inspect(other, "draft-for-another");
    await other.getByRole("button", { name: "Für Clara Muster handeln" }).click();
    await expect(content(other)).toContainText("Die Vollmacht von Clara Muster gilt nicht mehr");
    await followMenu(other, "Meine Anträge");
    await expect(content(other).getByText("Entwurf", { exact: true })).toBeVisible();
    await expect(content(other).getByText(number)).toHaveCount(0); // up to Clara from now on
  });
});

test("a helper fills in and hands over; only the person submits", async ({ page, anotherPerson, where }) => {
  test.setTimeout(300_000);
  const { landkreis, meppen } = where.portals;
  const clara = await citizenAt(page, "landkreis", "Clara");
  const other = await anotherPerson();
  const bernd = await citizenAt(other, "landkreis", "Bernd");
  await grant(page, landkreis, bernd, /^Mir helfen/, false);
  await accept(other, bernd, /Clara Muster bittet Sie um Hilfe/, false);
  await confirm(page, landkreis, "Bernd Muster hilft Ihnen", false);

  await actAtMeppen(other, meppen, "Clara Muster helfen");
  await expect(other.getByRole("complementary", { name: "Für wen Sie handeln" })).toContainText(
    "Einreichen kann nur Clara Muster selbst.",
  );
  await begin(other, vehicle);
  await fillIn(other, clara, "EL CB 13");
  await expect(submitButton(other)).toHaveCount(0);
  await inspect(other, "helper-review");
  await other.getByRole("button", { name: "Entwurf an Clara Muster übergeben" }).click();
  await arrivesAt(other, "Meine Anträge");
  await expect(content(other)).toContainText("Sie haben hier noch keinen Antrag begonnen.");

  await page.goto(`${meppen}/api/v1/signin/start?returnTo=%2Fantraege`, { waitUntil: "commit" });
  await content(page).getByRole("link", { name: vehicle.service }).click();
  await arrivesAt(page, "Bitte prüfen Sie Ihre Angaben");
  await expect(content(page)).toContainText("Bernd Muster hat diesen Entwurf für Sie ausgefüllt.");
  await inspect(page, "helped-review");
  await submitButton(page).click();
  await receiptNumber(page);
  await expect(fact(page, "Ausgefüllt mit Hilfe von")).toHaveText("Bernd Muster");
});
