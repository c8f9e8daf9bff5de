import type { Page } from "@playwright/test";
import { association } from "../support/association";
import { arrival, begin, errands, inInbox, receiptNumber, submit, submitButton } from "../support/errands";
import { choose, enterDate, enterPerson, next } from "../support/forms";
import { inspect } from "../support/inspect";
import { linkIn, mailTo } from "../support/mail";
import { atNationalAccount, cancelProof, proveAs } from "../support/national";
import { arrivesAt, content, fact, heading, section, shows } from "../support/pages";
import { citizenAt, clerkAt, enterPassword, newCitizen, type Citizen } from "../support/people";
import { expect, test } from "../support/test";

/** Fills in what is asked for a certificate of registration, up to the summary. */
async function fillInCertificate(page: Page, citizen: Citizen): Promise<void> {
  await enterPerson(page, citizen);
  await enterDate(page, "Geburtsdatum", ["15", "1", "1990"]);
  await next(page);
  await arrivesAt(page, "Die Bescheinigung");
  await choose(page, "Welche Bescheinigung brauchen Sie?", "Einfach: Name und aktuelle Anschrift");
  await page.getByLabel("Wofür brauchen Sie sie?").selectOption({ label: "Für eine Eheschließung" });
  await page.getByLabel("Wie viele Ausfertigungen?").fill("2");
  await next(page);
  await arrivesAt(page, "Zustellung");
  await choose(page, "Wie möchten Sie die Bescheinigung bekommen?", "Als Datei in mein Postfach");
  await page.getByLabel("Meine Angaben sind richtig und vollständig.").check();
  await next(page);
  await arrivesAt(page, "Bitte prüfen Sie Ihre Angaben");
}

test("a draft that needs the level substantial is kept while the BundID proves it", async ({
  page,
  anotherPerson,
  where,
}) => {
  const { landkreis, meppen } = where.portals;
  const citizen = await citizenAt(page, "meppen", "Nele");
  await begin(page, errands.registration);
  await fillInCertificate(page, citizen);
  await expect(content(page)).toContainText("Vertrauensniveau „substanziell“");
  await expect(content(page)).toContainText("Ihr Entwurf ist gespeichert");
  await expect(submitButton(page)).toHaveCount(0);
  await inspect(page, "step-up-draft");

  await test.step("the account home says what is needed, why and for what, and leads back without it, too", async () => {
    await page.getByRole("link", { name: "Identität nachweisen" }).click();
    await shows(page, "Bitte weisen Sie Ihre Identität nach");
    expect(page.url()).toContain(landkreis);
    await expect(content(page)).toContainText("Vertrauensniveau „substanziell“");
    await expect(content(page)).toContainText("Stadt Meppen braucht dafür");
    await expect(content(page)).toContainText("Die Behörde muss sicher sein, dass Sie es sind.");
    await expect(content(page)).toContainText("bleibt gespeichert");
    await expect(content(page)).not.toContainText("Unternehmenskonto");
    await inspect(page, "step-up");
    await page.getByRole("button", { name: "Zurück zu Stadt Meppen, ohne Nachweis" }).click();
    await shows(page, "Die Anmeldung hat nicht geklappt");
    await expect(page.getByRole("alert")).toContainText(
      "Sie haben abgebrochen. Es ist nichts verloren gegangen.",
    );
    await inspect(page, "step-up-refused");
    await content(page).getByRole("link", { name: "Zurück" }).click();
    await shows(page, "Bitte prüfen Sie Ihre Angaben");
    await expect(content(page).getByText("Für eine Eheschließung")).toBeVisible();
  });

  await test.step("giving up at the BundID, and proving too little, have words", async () => {
    await page.getByRole("link", { name: "Identität nachweisen" }).click();
    await page.getByRole("link", { name: "Mit BundID nachweisen" }).click();
    await atNationalAccount(page);
    await inspect(page, "bundid", { portal: false });
    await cancelProof(page);
    await shows(page, "Bitte weisen Sie Ihre Identität nach");
    await expect(page.getByRole("alert")).toContainText(
      "Sie haben abgebrochen. Es ist nichts verloren gegangen.",
    );
    await inspect(page, "step-up-cancelled");
    await page.getByRole("link", { name: "Mit BundID nachweisen" }).click();
    await proveAs(page, citizen, "Benutzername und Passwort");
    await shows(page, "Bitte weisen Sie Ihre Identität nach");
    await expect(page.getByRole("alert")).toContainText("Das nötige Vertrauensniveau wurde nicht erreicht.");
    await inspect(page, "step-up-too-low");
  });

  await test.step("it is linked and its data taken over as the person decides, and the draft can be submitted", async () => {
    await page.getByRole("link", { name: "Mit BundID nachweisen" }).click();
    await proveAs(page, citizen, "ELSTER-Zertifikat");
    await shows(page, "BundID mit Ihrem Konto verknüpfen");
    await expect(fact(page, "Name")).toHaveText("Nele Muster");
    await expect(fact(page, "Vertrauensniveau")).toHaveText("substanziell");
    await inspect(page, "arrival-link");
    await page.getByRole("button", { name: "Verknüpfen", exact: true }).click();
    await arrivesAt(page, "Angaben von BundID übernehmen");
    await expect(content(page).getByRole("checkbox", { checked: true })).toHaveCount(0);
    await inspect(page, "arrival-data");
    await page.getByLabel(/^Geburtsdatum/).check();
    await page.getByRole("button", { name: "Übernehmen und weiter" }).click();
    await shows(page, "Bitte prüfen Sie Ihre Angaben");
    expect(page.url()).toContain(meppen);
    await expect(content(page).getByText("Für eine Eheschließung")).toBeVisible();
    expect(await mailTo(page.request, citizen.email, /Änderung an der Anmeldung/)).toContain("BundID");
  });

  await submitButton(page).click();
  const number = await receiptNumber(page);
  await arrival(page);
  const clerk = await anotherPerson();
  await clerkAt(clerk, "meppen");
  await (await inInbox(clerk, number)).getByRole("link").first().click();
  await expect(fact(clerk, "Vertrauensniveau")).toHaveText("substanziell");

  await test.step("the account shows what the BundID vouches for, and what is linked", async () => {
    await page.goto(`${landkreis}/konto`);
    await expect(fact(page, "Geburtsdatum")).toContainText("15. Januar 1990");
    await expect(fact(page, "Geburtsdatum")).toContainText("BundID");
    await expect(fact(page, "Straße")).toHaveText("Beispielweg");
    await page.getByRole("link", { name: "Identität", exact: true }).click();
    await arrivesAt(page, "Identität");
    const linked = section(page, "BundID");
    await expect(fact(linked, "Zuletzt nachgewiesen")).toHaveText("substanziell");
    await expect(fact(linked, "Übernommene Angaben")).toContainText("Geburtsdatum");
    await inspect(page, "identities");
    await linked.getByRole("link", { name: "Angaben neu übernehmen" }).click();
    await proveAs(page, citizen, "Online-Ausweis");
    await shows(page, "Angaben von BundID übernehmen");
    await page.getByRole("button", { name: "Weiter, ohne etwas zu übernehmen" }).click();
    await shows(page, "Identität");
    await expect(fact(linked, "Zuletzt nachgewiesen")).toHaveText("hoch");
    await linked.getByRole("button", { name: "Verknüpfung mit BundID lösen" }).click();
    await expect(section(page, "BundID").getByText("Noch nicht mit Ihrem Konto verknüpft.")).toBeVisible();
    await inspect(page, "identities-none");
  });
});

test("a first sign-in with the BundID makes an account with what the person ticks, and the next goes straight in", async ({
  page,
  where,
  complaints,
}) => {
  complaints.expect(/status of 409.*account\/identities/, /status of 422.*\/arrivals\//);
  const { landkreis, meppen } = where.portals;
  const citizen = newCitizen("Tjark");
  await page.goto(`${meppen}/anmelden`);
  await page.getByRole("link", { name: "Weiter zu Landkreis Emsland" }).click();
  await shows(page, "Anmelden für Stadt Meppen");
  await inspect(page, "sign-in-providers");
  await page.getByRole("link", { name: "Mit BundID anmelden" }).click();
  await proveAs(page, { ...citizen, familyName: citizen.password }, "Benutzername und Passwort");
  await shows(page, "Sie sind mit BundID zum ersten Mal hier");
  await expect(content(page).getByRole("checkbox", { checked: true })).toHaveCount(0);
  await inspect(page, "arrival-new");
  await page.getByRole("button", { name: "Mit meinem Konto verknüpfen" }).click();
  await arrivesAt(page, "Mit Ihrem Konto anmelden");
  await inspect(page, "arrival-has-account");
  await page.getByRole("button", { name: "Zurück" }).click();
  await page.getByLabel(/^Straße/).check();
  await page.getByLabel(/^E-Mail-Adresse für Nachrichten/).fill("keine Adresse");
  await page.getByRole("button", { name: "Konto anlegen und weiter" }).click();
  await expect(page.getByLabel(/^E-Mail-Adresse für Nachrichten/)).toHaveAttribute("aria-invalid", "true");
  await inspect(page, "arrival-errors");
  await page.getByLabel(/^E-Mail-Adresse für Nachrichten/).fill(citizen.email);
  await page.getByRole("button", { name: "Konto anlegen und weiter" }).click();
  await page.waitForURL(`${meppen}/**`);
  await expect(page.getByText(/^Angemeldet als Tjark/)).toBeVisible();
  expect(linkIn(await mailTo(page.request, citizen.email, /E-Mail-Adresse/))).toContain(landkreis);

  await page.goto(`${landkreis}/konto`);
  await shows(page, "Meine Angaben");
  await expect(fact(page, "Straße")).toContainText("Testgasse");
  await expect(fact(page, "Postleitzahl")).toHaveText("nicht angegeben");
  await page.goto(`${landkreis}/konto/identitaet`);
  await section(page, "BundID").getByRole("button", { name: "Verknüpfung mit BundID lösen" }).click();
  await expect(page.getByRole("alert")).toContainText("könnten Sie sich nicht mehr anmelden");
  await inspect(page, "identities-last");

  await page.getByRole("button", { name: "Abmelden", exact: true }).click();
  await expect(page.getByRole("link", { name: "Anmelden", exact: true })).toBeVisible();
  await page.goto(`${landkreis}/anmelden?returnTo=/konto`);
  await page.getByRole("link", { name: "Mit BundID anmelden" }).click();
  await proveAs(page, { ...citizen, familyName: citizen.password }, "Online-Ausweis");
  await shows(page, "Meine Angaben");
});

test("an identity of somebody else proves nothing, and nobody's account opens by a mail address", async ({
  page,
  where,
}) => {
  const { landkreis } = where.portals;
  const other = newCitizen("Onno");
  await page.goto(`${landkreis}/anmelden`);
  await page.getByRole("link", { name: "Mit BundID anmelden" }).click();
  await proveAs(page, { ...other, familyName: other.password }, "Online-Ausweis");
  await shows(page, "Sie sind mit BundID zum ersten Mal hier");
  await page.getByLabel(/^E-Mail-Adresse für Nachrichten/).fill("");
  await page.getByRole("button", { name: "Konto anlegen und weiter" }).click();
  await expect(page.getByText(/^Angemeldet als Onno/)).toBeVisible();
  await page.getByRole("button", { name: "Abmelden", exact: true }).click();
  await expect(page.getByRole("link", { name: "Anmelden", exact: true })).toBeVisible();

  await citizenAt(page, "landkreis", "Insa");
  await page.goto(`${landkreis}/konto/identitaet`);
  await page.getByRole("link", { name: "Mit BundID verknüpfen" }).click();
  await proveAs(page, { ...other, familyName: other.password }, "Online-Ausweis");
  await shows(page, "Die Anmeldung hat nicht geklappt");
  await expect(page.getByRole("alert")).toContainText("gehört zu einem anderen Konto");
  await inspect(page, "identity-others");
  await content(page).getByRole("link", { name: "Zurück" }).click();
  await shows(page, "Identität");
  await expect(page.getByText("Angemeldet als Insa Muster")).toBeVisible();
});

test("an organisation signs in by Mein Unternehmenskonto, and everybody sees who acts for it", async ({
  page,
  anotherPerson,
  where,
}) => {
  const { landkreis, meppen } = where.portals;
  const acting = { givenName: "Erika", familyName: `Hafenbau ${newCitizen("x").password.slice(-8)}` };
  const organisation = `${acting.familyName} GmbH`;
  await page.goto(`${meppen}/anmelden`);
  await page.getByRole("link", { name: "Weiter zu Landkreis Emsland" }).click();
  await page.getByRole("link", { name: "Mit Mein Unternehmenskonto anmelden" }).click();
  await atNationalAccount(page);
  await inspect(page, "muk", { portal: false });
  await proveAs(page, acting, "ELSTER-Organisationszertifikat");
  await shows(page, "Sie sind mit Mein Unternehmenskonto zum ersten Mal hier");
  await expect(fact(page, "Name")).toHaveText(organisation);
  await expect(fact(page, "Handelnde Person")).toHaveText(`Erika ${acting.familyName}`);
  await expect(content(page).getByRole("checkbox")).toHaveCount(0);
  await inspect(page, "arrival-organisation");
  await page.getByRole("button", { name: "Konto anlegen und weiter" }).click();
  await page.waitForURL(`${meppen}/**`);
  const acts = `Erika ${acting.familyName} handelt für ${organisation}`;
  await expect(page.getByText(acts)).toBeVisible();

  await begin(page, errands.registration);
  await fillInCertificate(page, { ...newCitizen("Erika"), familyName: acting.familyName });
  const number = await submit(page);
  await arrival(page);
  const clerk = await anotherPerson();
  await clerkAt(clerk, "meppen");
  await (await inInbox(clerk, number)).getByRole("link").first().click();
  await expect(fact(clerk, "Handelnde Person")).toHaveText(`Erika ${acting.familyName}`);
  await expect(heading(clerk)).toBeVisible();
  await inspect(clerk, "case-organisation");

  await page.goto(`${landkreis}/konto`);
  await shows(page, "Organisation");
  await expect(page.getByText(acts)).toBeVisible();
  await expect(fact(page, "Register")).toHaveText("HRB 4711, Amtsgericht Osnabrück");
  await expect(fact(page, "Herkunft")).toHaveText("Bestätigt durch Mein Unternehmenskonto");
  await expect(content(page)).toContainText(`Erika ${acting.familyName} (Sie)`);
  await expect(content(page).getByRole("button", { name: "Angaben ändern" })).toHaveCount(0);
  await inspect(page, "organisation");
  await page.goto(`${landkreis}/konto/sitzungen`);
  await expect(content(page)).toContainText(`für ${organisation}`);
});

test("an administrator sees whether each sign-in service can be used, and reads its description again", async ({
  page,
}) => {
  const { portals, accounts } = association();
  const account = accounts.landkreis.find(({ Email }) => Email.startsWith("amt@"));
  await page.goto(`${portals.landkreis}/verwaltung/anmeldedienste`);
  await shows(page, "Anmelden für Beschäftigte");
  await enterPassword(page, { email: account?.Email ?? "", password: account?.Password ?? "" });
  await shows(page, "Anmeldedienste");
  const bundId = content(page).locator("ul > li").filter({ hasText: "BundID" });
  await expect(bundId.getByText("Bereit")).toBeVisible();
  await expect(fact(bundId, "Verfahren")).toHaveText("SAML 2.0");
  await bundId.getByText("Technische Angaben").click();
  await expect(fact(bundId, "Adresse für Antworten")).toHaveText(`${portals.landkreis}/identity/bundid/acs`);
  await inspect(page, "identity-links");
  await bundId.getByRole("button", { name: "Jetzt prüfen" }).click();
  await expect(page.getByText("BundID: geprüft.")).toBeVisible();
});
