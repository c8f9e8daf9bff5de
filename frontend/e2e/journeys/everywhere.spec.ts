import { inspect } from "../support/inspect";
import { linkIn, mailTo } from "../support/mail";
import { content, section, shows } from "../support/pages";
import { addDevice } from "../support/passkeys";
import { confirmationLink, newCitizen } from "../support/people";
import { expect, test } from "../support/test";

test("who registers with a passkey alone opens three portals and the provider with one sign-in, closes them all with one sign-out, and gets in again without the device", async ({
  page,
  where,
  complaints,
}) => {
  complaints.expect(/status of 422.*recoveries/);
  const { landkreis, meppen, lathen } = where.portals;
  const mine = `${where.provider}/meine-abholungen`;
  const person = newCitizen("Elske");
  const name = `${person.givenName} ${person.familyName}`;

  const phone = await addDevice(page);
  await page.goto(`${landkreis}/registrieren`);
  await page.getByLabel("Vorname").fill(person.givenName);
  await page.getByLabel("Nachname").fill(person.familyName);
  await page.getByLabel("E-Mail-Adresse").fill(person.email);
  await page.getByLabel("Mit einem Passkey, ohne Passwort").check();
  await expect(page.getByLabel("Passwort", { exact: true })).toHaveCount(0);
  await inspect(page, "register-with-passkey");
  await content(page).getByRole("button", { name: "Konto anlegen" }).click();
  await shows(page, "Bitte sehen Sie in Ihr E-Mail-Postfach");
  await page.goto(await confirmationLink(page, person));
  await shows(page, "Passkey anlegen");
  await page.getByLabel("Name des Passkeys").fill("Mein Telefon");
  await content(page).getByRole("button", { name: "Passkey anlegen" }).click();
  await shows(page, "Ihr Konto ist angelegt");
  await inspect(page, "register-recovery-codes");
  const [code = ""] = await content(page).locator(".pv-codes li").allInnerTexts();
  await page.getByRole("button", { name: "Ich habe die Codes gesichert" }).click();
  await shows(page, "Meine Angaben");

  for (const portal of [meppen, lathen]) {
    await page.goto(`${portal}/api/v1/signin/start?returnTo=%2F`, { waitUntil: "commit" });
    await page.waitForURL(`${portal}/`); // no second sign-in
    await expect(page.getByText(`Angemeldet als ${name}`)).toBeVisible();
  }
  await page.goto(`${where.provider}/anmeldung`);
  await shows(page, /bittet um Ihre Einwilligung$/);
  await page.getByRole("button", { name: "Einwilligen und weiter" }).click();
  await page.waitForURL(mine);
  await expect(page.getByText(`Guten Tag, ${name}!`)).toBeVisible();

  await page.goto(meppen);
  await page.getByRole("button", { name: "Abmelden", exact: true }).click();
  await expect(page.getByRole("link", { name: "Anmelden", exact: true })).toBeVisible();
  for (const portal of [landkreis, meppen, lathen]) {
    await expect(async () => {
      const session = await page.request.get(`${portal}/api/v1/session`);
      expect(await session.json()).toMatchObject({ signedIn: false });
    }, portal).toPass({ timeout: 30_000 });
  }
  await expect(async () => {
    await page.goto(mine);
    await expect(page.getByText("Guten Tag")).toHaveCount(0, { timeout: 3_000 });
  }).toPass({ timeout: 30_000 });

  // The phone is lost: the mail alone is not enough.
  await phone.lose();
  await addDevice(page);
  await page.goto(`${landkreis}/passwort-vergessen`);
  await page.getByLabel("E-Mail-Adresse").fill(person.email);
  await page.getByRole("button", { name: "Link anfordern" }).click();
  await page.goto(linkIn(await mailTo(page.request, person.email, /Wieder in Ihr Konto/)));
  await shows(page, "Wieder in Ihr Konto kommen");
  await page.getByLabel("Wiederherstellungs-Code").fill("AAAA-BBBB-CCCC");
  await page.getByRole("button", { name: "Neuen Passkey anlegen" }).click();
  await expect(page.getByLabel("Wiederherstellungs-Code")).toHaveAttribute("aria-invalid", "true");
  await inspect(page, "recovery-wrong");
  await page.getByLabel("Wiederherstellungs-Code").fill(code.toLowerCase());
  await page.getByLabel("Name des Passkeys").fill("Neues Telefon");
  await page.getByRole("button", { name: "Neuen Passkey anlegen" }).click();
  await expect(page.getByText("Ihr neuer Passkey ist angelegt")).toBeVisible();

  await page.goto(`${lathen}/api/v1/signin/start?returnTo=%2F`, { waitUntil: "commit" });
  await shows(page, "Anmelden für Samtgemeinde Lathen");
  await page.getByRole("button", { name: "Mit Passkey anmelden" }).click();
  await page.waitForURL(`${lathen}/`);
  await expect(page.getByText(`Angemeldet als ${name}`)).toBeVisible();
  await page.goto(`${landkreis}/konto/sicherheit`);
  const recovery = section(page, "Wiederherstellungs-Codes");
  await expect(recovery.getByText("Noch 9 Wiederherstellungs-Codes übrig")).toBeVisible();
  await inspect(page, "security-passkeys-only");
});
