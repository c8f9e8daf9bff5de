import { errands, find } from "../support/errands";
import { inspect } from "../support/inspect";
import { mailTo } from "../support/mail";
import { arrivesAt, shows } from "../support/pages";
import { confirmationLink, enterPassword, fillRegistration, newCitizen } from "../support/people";
import { expect, test } from "../support/test";

test("registering once at the account home signs in at the portal where it began, and by one click at the next", async ({
  page,
  where,
  complaints,
}) => {
  complaints.expect(/status of 410.*\/registrations\/confirm/);
  const { landkreis, meppen, lathen } = where.portals;
  const citizen = newCitizen("Gesa");
  await find(page, errands.dog);
  await page.getByRole("link", { name: "Online-Antrag starten" }).click();
  await arrivesAt(page, `Antrag: ${errands.dog.service}`);
  await inspect(page, "apply-signed-out");

  await page.getByRole("link", { name: "Anmelden oder Konto anlegen" }).click();
  await shows(page, "Anmelden für Stadt Meppen");
  expect(page.url()).toContain(landkreis);
  await inspect(page, "home-sign-in");
  await page.getByRole("link", { name: "Konto anlegen" }).click();
  await arrivesAt(page, "Konto anlegen");
  await inspect(page, "register");
  await fillRegistration(page, citizen);
  await arrivesAt(page, "Bitte sehen Sie in Ihr E-Mail-Postfach");
  await inspect(page, "register-sent");

  const link = await confirmationLink(page, citizen);
  expect(link).toContain(`${landkreis}/registrieren/bestaetigen#token=`);
  await page.goto(link);
  await shows(page, `Antrag: ${errands.dog.service}`);
  expect(page.url()).toContain(meppen);
  await expect(page.getByText("Angemeldet als Gesa Muster")).toBeVisible();
  await expect(page.getByRole("button", { name: "Antrag beginnen" })).toBeVisible();
  await inspect(page, "apply");

  await page.goto(lathen);
  await page.getByRole("link", { name: "Anmelden", exact: true }).click();
  await expect(page.getByText("Angemeldet als Gesa Muster")).toBeVisible();
  expect(page.url()).toContain(lathen);

  await page.goto(link);
  await expect(page.getByText("Dieser Link gilt nicht mehr")).toBeVisible();
  await inspect(page, "register-link-used");
});

test("a wrong password is refused with words, and a forgotten one is replaced by a link in a mail", async ({
  page,
  where,
  complaints,
}) => {
  complaints.expect(/status of 401.*\/api\/v1\/session/);
  const { landkreis } = where.portals;
  const citizen = newCitizen("Okko");
  await page.goto(`${landkreis}/registrieren`);
  await fillRegistration(page, citizen);
  await shows(page, "Bitte sehen Sie in Ihr E-Mail-Postfach");
  await page.goto(await confirmationLink(page, citizen));
  await shows(page, "Meine Angaben");
  await page.getByRole("button", { name: "Abmelden", exact: true }).click();
  await expect(page.getByRole("link", { name: "Anmelden", exact: true })).toBeVisible();

  await page.goto(`${landkreis}/anmelden`);
  await enterPassword(page, { email: citizen.email, password: "nicht das richtige" });
  await expect(page.getByRole("alert")).toBeVisible();
  await inspect(page, "sign-in-refused");
  await page.getByRole("link", { name: "Passwort vergessen oder Passkey verloren?" }).click();
  await arrivesAt(page, "Passwort vergessen");
  await inspect(page, "password-forgotten");
  await page.getByLabel("E-Mail-Adresse").fill(citizen.email);
  await page.getByRole("button", { name: "Link anfordern" }).click();
  await expect(page.getByText("Bitte sehen Sie in Ihr E-Mail-Postfach")).toBeVisible();

  const text = await mailTo(page.request, citizen.email, /Passwort/);
  await page.goto(/https?:\/\/\S+#token=\S+/.exec(text)?.[0] ?? "");
  await shows(page, "Neues Passwort");
  await inspect(page, "password-new");
  const password = "Ein ganz anderer Satz am Kanal";
  await page.getByLabel("Neues Passwort").fill(password);
  await page.getByRole("button", { name: "Passwort speichern" }).click();
  await expect(page.getByText("Ihr Passwort ist geändert")).toBeVisible();
  await page.goto(`${landkreis}/anmelden`);
  await enterPassword(page, { ...citizen, password });
  await expect(page.getByText("Angemeldet als Okko Muster")).toBeVisible();
});

test("a registration with several wrong answers names each of them", async ({ page, where }) => {
  await page.goto(`${where.portals.landkreis}/registrieren`);
  await fillRegistration(page, {
    givenName: "Enna",
    familyName: " ",
    email: "enna.example.org",
    password: "kurz",
  });
  const summary = page.getByRole("heading", { name: "Bitte prüfen Sie 3 Angaben" });
  await expect(summary).toBeVisible();
  await expect(page.getByLabel("Nachname")).toHaveAccessibleDescription(/Nachnamen/);
  await expect(page.getByLabel("E-Mail-Adresse")).toHaveAccessibleDescription(/gültige E-Mail-Adresse/);
  await expect(page.getByLabel("Passwort", { exact: true })).toHaveAccessibleDescription(/zu kurz/);
  await expect(page.getByLabel("Vorname")).not.toHaveAttribute("aria-invalid");
  await inspect(page, "register-errors");
});

test("who signs out is signed out at the account home too", async ({ page, where }) => {
  const { landkreis, meppen } = where.portals;
  const clara = where.accounts.landkreis.find((account) => account.GivenName === "Clara");
  await page.goto(`${meppen}/antraege`);
  await shows(page, "Bitte melden Sie sich an");
  await inspect(page, "sign-in-needed");
  await page.getByRole("main").getByRole("link", { name: "Anmelden" }).click();
  await shows(page, "Anmelden für Stadt Meppen");
  await enterPassword(page, { email: clara?.Email ?? "", password: clara?.Password ?? "" });
  await shows(page, "Meine Anträge");
  await page.getByRole("button", { name: "Abmelden", exact: true }).click();
  await expect(page.getByRole("link", { name: "Anmelden", exact: true })).toBeVisible();
  await page.goto(`${landkreis}/konto`);
  await shows(page, "Bitte melden Sie sich an");
});
