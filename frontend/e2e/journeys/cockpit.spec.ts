import { readFileSync } from "node:fs";
import { expect } from "@playwright/test";
import { answered } from "../support/drafts";
import { errands, receiptNumber, submitButton } from "../support/errands";
import { inspect } from "../support/inspect";
import { arrivesAt, content, shows } from "../support/pages";
import { citizenAt, clerkAt } from "../support/people";
import { test } from "../support/test";

test("the access log at the account home shows the clerk's read; the person objects, takes all data along, and deletes the account", async ({
  page,
  anotherPerson,
  where,
}) => {
  const { landkreis } = where.portals;
  const citizen = await citizenAt(page, "meppen", "Undine");
  await answered(page, "vehicle", citizen);
  await submitButton(page).click();
  const number = await receiptNumber(page);

  const clerk = await anotherPerson();
  await clerk.goto(`${landkreis}/mitarbeit/anmelden`);
  await clerkAt(clerk, "landkreis");
  await content(clerk)
    .getByRole("link", { name: `${errands.vehicle.service}: Undine Muster` })
    .click();
  await arrivesAt(clerk, `${errands.vehicle.service}: Undine Muster`);

  await expect(async () => {
    await page.goto(`${landkreis}/konto/zugriffe`);
    await shows(page, "Zugriffe");
    await expect(content(page).getByText(`Antragsnummer ${number}`)).toBeVisible({ timeout: 3_000 });
  }).toPass();
  await expect(content(page).getByText("Gelesen: Ihr Antrag", { exact: true })).toBeVisible();
  await inspect(page, "accesses");
  await content(page).getByRole("button", { name: "Widersprechen" }).click();
  await page.getByLabel("Wogegen widersprechen Sie, und warum?").fill("Gegen die Weitergabe an Dritte.");
  await inspect(page, "access-objection");
  await page.getByRole("button", { name: "Widerspruch absenden" }).click();
  await expect(content(page).getByText(/Sie haben am .* widersprochen/)).toBeVisible();
  await expect(content(clerk).getByText(/Gegen die Weitergabe an Dritte/)).toBeVisible();

  await content(page).getByRole("link", { name: "Mitnehmen und löschen" }).click();
  await arrivesAt(page, "Daten mitnehmen oder Konto löschen");
  await expect(content(page).getByText("Auch diese Portale löschen", { exact: false })).toContainText(
    "Meppen",
  );
  await inspect(page, "account-data");
  const saved = page.waitForEvent("download");
  await content(page).getByRole("button", { name: "Für andere Programme (JSON)" }).click();
  const text = readFileSync(await (await saved).path(), "utf8");
  expect(JSON.parse(text)).toMatchObject({ unreachable: [] });
  for (const part of [citizen.email, number, "accesses", "Stadt Meppen"]) expect(text).toContain(part);

  await content(page).getByLabel("In 14 Tagen. Bis dahin kann ich es mir anders überlegen.").check();
  await content(page).getByRole("button", { name: "Konto löschen" }).click();
  await page.getByRole("button", { name: "Ja, löschen" }).click();
  await expect(content(page).getByText(/Ihr Konto wird am .* gelöscht/)).toBeVisible();
  await inspect(page, "account-deletion-scheduled");
  await content(page).getByRole("button", { name: "Löschung zurücknehmen" }).click();

  await content(page).getByLabel("Sofort und endgültig").check();
  await content(page).getByRole("button", { name: "Konto löschen" }).click();
  await page.getByRole("button", { name: "Ja, löschen" }).click();
  await expect(page.getByRole("link", { name: "Anmelden", exact: true })).toBeVisible();
  await expect(async () => {
    await page.goto(`${where.portals.meppen}/antraege`);
    await shows(page, "Bitte melden Sie sich an");
  }).toPass();
});
