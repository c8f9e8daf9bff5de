import type { Page } from "@playwright/test";
import { association } from "../support/association";
import { inspect } from "../support/inspect";
import { linkIn, mailTo } from "../support/mail";
import { content, section, shows } from "../support/pages";
import { enterPassword } from "../support/people";
import { expect, test } from "../support/test";
import { codeOf } from "../support/totp";

/** Signs somebody of the account home's staff in, and shows a page of the administration. */
async function staffAt(page: Page, mail: string, path: string, title: string): Promise<void> {
  const { portals, accounts } = association();
  const account = accounts.landkreis.find(({ Email }) => Email.startsWith(mail));
  if (!account) throw new Error(`no account ${mail}`);
  await page.goto(`${portals.landkreis}${path}`);
  await shows(page, "Anmelden für Beschäftigte");
  await enterPassword(page, { email: account.Email, password: account.Password });
  await shows(page, title);
}

test("an administrator invites a clerk, changes what they do, and ends their access; an auditor reads it all", async ({
  page: admin,
  where,
  anotherPerson,
  complaints,
}) => {
  complaints.expect(/status of (401|403|409)/);
  const { landkreis } = where.portals;
  const email = "kim.klar@landkreis.example";
  const password = "Neun Störche auf dem Dach";
  await staffAt(admin, "amt@", "/verwaltung/beschaeftigte", "Beschäftigte");
  await admin.getByRole("button", { name: "Einladung schicken" }).click();
  await expect(admin.getByRole("link", { name: "Bitte geben Sie einen Namen ein." })).toBeVisible();
  await inspect(admin, "staff-errors");
  await admin.getByLabel("Vor- und Nachname").fill("Kim Klar");
  await admin.getByLabel("Dienstliche E-Mail-Adresse").fill(email);
  await admin.getByLabel("Sachbearbeitung").check();
  await admin.getByRole("button", { name: "Einladung schicken" }).click();
  const item = content(admin).getByRole("listitem").filter({ hasText: email });
  await expect(item).toContainText("Sachbearbeitung");
  await inspect(admin, "staff");

  const clerk = await anotherPerson();
  await clerk.goto(linkIn(await mailTo(clerk.request, email, /Ihr Zugang zum Portal/)));
  await shows(clerk, "Neues Passwort");
  await clerk.getByLabel("Neues Passwort", { exact: true }).fill(password);
  await clerk.getByRole("button", { name: "Passwort speichern" }).click();
  await expect(clerk.getByText("Ihr Passwort ist geändert")).toBeVisible();
  await clerk.goto(`${landkreis}/mitarbeit`);
  await enterPassword(clerk, { email, password });
  await shows(clerk, "Eingang");
  await clerk.goto(`${landkreis}/verwaltung/beschaeftigte`);
  await expect(content(clerk).getByRole("button", { name: "Einladung schicken" })).toHaveCount(0);

  await item.getByRole("button", { name: /^Aufgaben ändern/ }).click();
  const dialog = admin.getByRole("dialog");
  await dialog.getByLabel("Sachbearbeitung").uncheck();
  await dialog.getByLabel("Redaktion").check();
  await dialog.getByRole("button", { name: "Speichern" }).click();
  await expect(dialog).toHaveCount(0); // it is in the item, and names all tasks
  await expect(item).toContainText("Redaktion");
  await clerk.goto(`${landkreis}/mitarbeit`);
  await shows(clerk, "Anmelden für Beschäftigte"); // signed out by the change
  await item.getByRole("button", { name: /^Zugang beenden/ }).click();
  await dialog.getByRole("button", { name: "Zugang beenden" }).click();
  await expect(item.getByText("Beendet")).toBeVisible();
  await enterPassword(clerk, { email, password });
  await expect(clerk.getByRole("alert")).toBeVisible();

  const auditor = await anotherPerson();
  await staffAt(auditor, "revision@", "/verwaltung/protokoll", "Protokoll");
  await auditor.getByLabel("Art der Handlung").selectOption({ label: "Beschäftigte" });
  await auditor.getByRole("button", { name: "Suchen" }).click();
  const acts = content(auditor).getByRole("listitem");
  await expect(acts.first()).toContainText("staff.end");
  await expect(acts.first()).toContainText("Beschäftigte: Lena Landrat");
  await expect(acts.filter({ hasText: "audit.read" })).toHaveCount(0);
  await inspect(auditor, "audit");
  await auditor.goto(`${landkreis}/verwaltung/anwendungen`);
  await expect(content(auditor).getByRole("link", { name: "Anwendung eintragen" })).toHaveCount(0);
});

test("who is invited sets up a second factor, is asked for it from then on, and gets it set back when it is lost", async ({
  page: admin,
  where,
  anotherPerson,
  complaints,
}) => {
  complaints.expect(/status of 401/);
  const { landkreis } = where.portals;
  const email = "tom.takt@landkreis.example";
  const password = "Elf Fischer am Hase-Ufer";
  await staffAt(admin, "amt@", "/verwaltung/beschaeftigte", "Beschäftigte");
  await admin.getByLabel("Vor- und Nachname").fill("Tom Takt");
  await admin.getByLabel("Dienstliche E-Mail-Adresse").fill(email);
  await admin.getByLabel("Sachbearbeitung").check();
  await admin.getByRole("button", { name: "Einladung schicken" }).click();
  await expect(content(admin).getByRole("listitem").filter({ hasText: email })).toBeVisible();

  const clerk = await anotherPerson();
  await clerk.goto(linkIn(await mailTo(clerk.request, email, /Ihr Zugang zum Portal/)));
  await clerk.getByLabel("Neues Passwort", { exact: true }).fill(password);
  await clerk.getByRole("button", { name: "Passwort speichern" }).click();
  await expect(clerk.getByText("Ihr Passwort ist geändert")).toBeVisible();
  await clerk.goto(`${landkreis}/mitarbeit`);
  await enterPassword(clerk, { email, password });
  await shows(clerk, "Eingang");
  await clerk.goto(`${landkreis}/konto/sicherheit`);
  await shows(clerk, "Sicherheit");
  const codes = section(clerk, "Einmal-Codes");
  await codes.getByRole("button", { name: "Einrichten" }).click();
  const secret = (await codes.locator("code").innerText()).replaceAll(/\s/g, "");
  await clerk.getByLabel("Code, den die App zeigt").fill(codeOf(secret));
  await clerk.getByRole("button", { name: "Einschalten" }).click();
  await clerk.getByRole("button", { name: "Ich habe die Codes gesichert" }).click();
  await expect(codes.getByText("Noch 10 Wiederherstellungs-Codes übrig")).toBeVisible();
  await inspect(clerk, "staff-security");

  await clerk.getByRole("button", { name: "Abmelden", exact: true }).click();
  await expect(clerk.getByRole("button", { name: "Abmelden", exact: true })).toHaveCount(0);
  await clerk.goto(`${landkreis}/mitarbeit`);
  await enterPassword(clerk, { email, password });
  await expect(clerk.getByRole("heading", { name: "Einmal-Code eingeben" })).toBeFocused();
  await inspect(clerk, "staff-code");
  await clerk.getByLabel("Einmal-Code").fill(codeOf(secret, Date.now() + 30_000));
  await content(clerk).getByRole("button", { name: "Weiter" }).click();
  await shows(clerk, "Eingang");

  // The telephone is lost: an administrator sets the sign-in back, and it is set up anew by mail.
  const item = content(admin).getByRole("listitem").filter({ hasText: email });
  await item.getByRole("button", { name: /^Anmeldung zurücksetzen/ }).click();
  const dialog = admin.getByRole("dialog");
  await expect(dialog).toContainText("Anmeldung von Tom Takt zurücksetzen?");
  await inspect(admin, "staff-factors");
  await dialog.getByRole("button", { name: "Anmeldung zurücksetzen" }).click();
  await expect(admin.getByText("Die Anmeldung ist zurückgesetzt.")).toBeVisible();
  await clerk.goto(`${landkreis}/mitarbeit`);
  await shows(clerk, "Anmelden für Beschäftigte"); // signed out by it
  await enterPassword(clerk, { email, password });
  await expect(clerk.getByRole("alert")).toBeVisible(); // the password is gone, too
  await clerk.goto(linkIn(await mailTo(clerk.request, email, /Ihre Anmeldung wurde zurückgesetzt/)));
  await clerk.getByLabel("Neues Passwort", { exact: true }).fill(`${password} wieder`);
  await clerk.getByRole("button", { name: "Passwort speichern" }).click();
  await expect(clerk.getByText("Ihr Passwort ist geändert")).toBeVisible();
  await clerk.goto(`${landkreis}/mitarbeit`);
  await enterPassword(clerk, { email, password: `${password} wieder` });
  await shows(clerk, "Eingang"); // no code is asked for
  await clerk.goto(`${landkreis}/konto/sicherheit`);
  await expect(codes.getByRole("button", { name: "Einrichten" })).toBeVisible();
});
