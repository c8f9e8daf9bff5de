import type { Page } from "@playwright/test";
import { inspect } from "../support/inspect";
import { linkIn, mailTo } from "../support/mail";
import { content, section, shows } from "../support/pages";
import { addDevice } from "../support/passkeys";
import { citizenAt, enterPassword } from "../support/people";
import { expect, test } from "../support/test";
import { codeOf } from "../support/totp";

async function signOut(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Abmelden", exact: true }).click();
  await expect(page.getByRole("link", { name: "Anmelden", exact: true })).toBeVisible();
}

test("a passkey is added, told of by mail, and signs in at the account home and from another portal", async ({
  page,
  where,
}) => {
  const { landkreis, meppen } = where.portals;
  await addDevice(page);
  const citizen = await citizenAt(page, "landkreis", "Paula");
  await page.goto(`${landkreis}/konto/sicherheit`);
  await shows(page, "Sicherheit");
  await inspect(page, "security");
  await page.getByRole("button", { name: "Passkey hinzufügen" }).click();
  await page.getByRole("button", { name: "Weiter" }).click();
  await expect(page.getByText("Bitte geben Sie einen Namen ein.")).toBeVisible();
  await page.getByLabel("Name des Passkeys").fill("Mein Telefon");
  await page.getByRole("button", { name: "Weiter" }).click();
  await expect(page.getByRole("heading", { name: "Mein Telefon" })).toBeVisible();
  await inspect(page, "security-passkey");
  expect(await mailTo(page.request, citizen.email, /Änderung an der Anmeldung/)).toContain("Mein Telefon");

  await signOut(page);
  await page.goto(`${meppen}/anmelden`);
  await page.getByRole("link", { name: "Weiter zu Landkreis Emsland" }).click();
  await shows(page, "Anmelden für Stadt Meppen");
  await page.getByRole("button", { name: "Mit Passkey anmelden" }).click();
  await page.waitForURL(`${meppen}/**`);
  await expect(page.getByText("Angemeldet als Paula Muster")).toBeVisible();
});

test("another mail address counts once it is confirmed, and the old one is told", async ({
  page,
  where,
  complaints,
}) => {
  complaints.expect(/status of 422.*email-changes/);
  const { landkreis } = where.portals;
  const citizen = await citizenAt(page, "landkreis", "Swantje");
  const email = citizen.email.replace("swantje", "swantje.neu");
  await page.goto(`${landkreis}/konto/sicherheit`);
  await page.getByRole("button", { name: "E-Mail-Adresse ändern" }).click();
  await page.getByLabel("Neue E-Mail-Adresse").fill("keine Adresse");
  await page.getByRole("button", { name: "Link anfordern" }).click();
  await expect(page.getByLabel("Neue E-Mail-Adresse")).toHaveAttribute("aria-invalid", "true");
  await page.getByLabel("Neue E-Mail-Adresse").fill(email);
  await page.getByRole("button", { name: "Link anfordern" }).click();
  await expect(page.getByText(`Wir haben eine E-Mail an ${email} geschickt`)).toBeVisible();
  await inspect(page, "security-email-sent");
  await page.goto(linkIn(await mailTo(page.request, email, /neue E-Mail-Adresse/)));
  await shows(page, "Neue E-Mail-Adresse bestätigen");
  await inspect(page, "new-email");
  await page.getByRole("button", { name: "Adresse bestätigen" }).click();
  await shows(page, "Ihre neue E-Mail-Adresse gilt");
  expect(await mailTo(page.request, citizen.email, /Änderung an der Anmeldung/)).toContain(
    "andere E-Mail-Adresse",
  );
  await signOut(page);
  await page.goto(`${landkreis}/anmelden`);
  await enterPassword(page, { ...citizen, email });
  await expect(page.getByText("Angemeldet als Swantje Muster")).toBeVisible();
});

test("one-time codes are set up, asked for after the password, and a recovery code helps without the phone", async ({
  page,
  where,
}) => {
  const { landkreis } = where.portals;
  const citizen = await citizenAt(page, "landkreis", "Rieke");
  await page.goto(`${landkreis}/konto/sicherheit`);
  const codes = section(page, "Einmal-Codes");
  await codes.getByRole("button", { name: "Einrichten" }).click();
  await expect(page.getByRole("img", { name: "QR-Code für die Authentifizierungs-App" })).toBeVisible();
  await inspect(page, "security-codes");
  const secret = (await codes.locator("code").innerText()).replaceAll(/\s/g, "");
  await page.getByLabel("Code, den die App zeigt").fill(codeOf(secret));
  await page.getByRole("button", { name: "Einschalten" }).click();
  await expect(page.getByRole("heading", { name: "Ihre Wiederherstellungs-Codes" })).toBeFocused();
  await inspect(page, "security-recovery");
  const [recovery = ""] = await codes.locator(".pv-codes li").allInnerTexts();
  await page.getByRole("button", { name: "Ich habe die Codes gesichert" }).click();
  await expect(codes.getByText("Noch 10 Wiederherstellungs-Codes übrig")).toBeVisible();

  await signOut(page);
  await page.goto(`${landkreis}/anmelden`);
  await enterPassword(page, citizen);
  await expect(page.getByRole("heading", { name: "Einmal-Code eingeben" })).toBeFocused();
  await inspect(page, "sign-in-code");
  // The code of the next half minute: the portal takes it already, and no code counts twice.
  await page.getByLabel("Einmal-Code").fill(codeOf(secret, Date.now() + 30_000));
  await content(page).getByRole("button", { name: "Weiter" }).click();
  await expect(page.getByText("Angemeldet als Rieke Muster")).toBeVisible();

  await signOut(page);
  await page.goto(`${landkreis}/anmelden`);
  await enterPassword(page, citizen);
  await page.getByRole("button", { name: "Ich habe die App nicht zur Hand" }).click();
  await page.getByLabel("Wiederherstellungs-Code").fill(recovery.toLowerCase());
  await content(page).getByRole("button", { name: "Weiter" }).click();
  await expect(page.getByText("Angemeldet als Rieke Muster")).toBeVisible();
  await page.goto(`${landkreis}/konto/sicherheit`);
  await expect(codes.getByText("Noch 9 Wiederherstellungs-Codes übrig")).toBeVisible();
});
