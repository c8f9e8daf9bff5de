import { inspect } from "../support/inspect";
import { content, shows } from "../support/pages";
import { enterPassword } from "../support/people";
import { expect, test } from "../support/test";

test("an administrator sets up a payment service for an office, tries it, mends it, and takes it back", async ({
  page: admin,
  where,
  complaints,
}) => {
  complaints.expect(/status of 422.*admin\/payment-services/);
  const account = where.accounts.landkreis.find(({ Email }) => Email.startsWith("amt@"));
  if (!account) throw new Error("no administrator");
  await admin.goto(`${where.portals.landkreis}/verwaltung/zahlungsdienste`);
  await shows(admin, "Anmelden für Beschäftigte");
  await enterPassword(admin, { email: account.Email, password: account.Password });
  await shows(admin, "Zahlungsdienste");
  await inspect(admin, "payment-services-before");

  const dialog = admin.getByRole("dialog");
  const save = () => dialog.getByRole("button", { name: "Speichern" }).click();
  const office = content(admin).getByRole("listitem").filter({ hasText: "verkehrsamt" });
  const check = () => office.getByRole("button", { name: /^Verbindung prüfen/ }).click();

  await admin.getByRole("button", { name: "Zahlungsdienst einrichten" }).click();
  await dialog.getByLabel("Eine Organisationseinheit").check();
  await dialog.getByRole("combobox").pressSequentially("Fahrerlaubnis");
  await dialog.getByRole("option").first().click();
  await dialog.getByLabel(/^Kennung des Portals/).fill("landkreis");
  await dialog.getByLabel(/^Kennung der Stelle/).fill("verkehrsamt");
  await dialog.getByLabel("Adresse für Zugriffstoken").fill(`${where.payment}/oauth/token`);
  await dialog.getByLabel("Client-Kennung oder Name").fill("portal-landkreis");
  await dialog.getByLabel("Geheimnis oder Passwort").fill("falsch");
  await dialog.getByLabel("Adresse", { exact: true }).fill("https://169.254.169.254");
  await save();
  await expect(dialog.getByRole("link", { name: /^Diese Adresse führt in ein internes Netz/ })).toBeVisible();
  await dialog.getByLabel("Adresse", { exact: true }).fill(where.payment);
  await save();
  await expect(dialog).toBeHidden();
  await expect(office).toBeVisible();

  await check();
  await expect(office).toContainText("Der Zahlungsdienst weist die Zugangsdaten zurück", { timeout: 30_000 });

  await office.getByRole("button", { name: /^Ändern/ }).click();
  await expect(dialog.getByLabel("Geheimnis oder Passwort")).toHaveValue("");
  await dialog.getByLabel("Geheimnis oder Passwort").fill("beispiel-geheimnis");
  await inspect(admin, "payment-service");
  await save();
  await expect(dialog).toBeHidden();
  await check();
  await expect(office).toContainText("Die Verbindung steht", { timeout: 30_000 });
  await inspect(admin, "payment-services");

  await office.getByRole("button", { name: /^Zurücknehmen/ }).click();
  await dialog.getByRole("button", { name: "Zurücknehmen" }).click();
  await expect(office).toBeHidden();
});
