import { readFileSync } from "node:fs";
import { expect } from "@playwright/test";
import { begin, errands, submit } from "../support/errands";
import { confirmVehicle, enterPerson, enterVehicle, next, pdf } from "../support/forms";
import { inspect } from "../support/inspect";
import { arrivesAt, content, section, shows } from "../support/pages";
import { citizenAt, clerkAt } from "../support/people";
import { test } from "../support/test";

test("a document of the safe goes with an application at another portal, the clerk sees where it comes from, and the decision lands in the safe", async ({
  page,
  anotherPerson,
  where,
}) => {
  const { landkreis, meppen } = where.portals;
  const citizen = await citizenAt(page, "landkreis", "Silke");
  const file = pdf("Fahrzeugschein.pdf", "Fahrzeugschein");
  await page.goto(`${landkreis}/konto/dokumente`);
  await shows(page, "Dokumente");
  await page.getByLabel("Dokumente hinzufügen").setInputFiles(file);
  const mine = section(page, "Im Safe").getByRole("listitem");
  await expect(mine.filter({ hasText: "Fahrzeugschein.pdf" })).toBeVisible();
  await mine.getByRole("button", { name: /^Löschen/ }).click();
  await expect(mine).toHaveCount(0);
  await page.getByRole("button", { name: "Rückgängig" }).click();
  await expect(mine.filter({ hasText: "Fahrzeugschein.pdf" })).toBeVisible();
  await inspect(page, "documents");

  await page.goto(`${meppen}/api/v1/signin/start?returnTo=%2F`, { waitUntil: "commit" });
  await page.waitForURL(`${meppen}/`);
  await begin(page, errands.vehicle);
  await enterPerson(page, citizen);
  await next(page);
  await enterVehicle(page, "EL SI 3");
  await page.getByRole("button", { name: /^Aus meinem Safe/ }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("Stadt Meppen liest dieses eine Dokument");
  await dialog.getByRole("button", { name: "Verwenden" }).click();
  await expect(dialog.getByText("Bitte wählen Sie ein Dokument.")).toBeVisible();
  await dialog.getByRole("radio", { name: /Fahrzeugschein\.pdf/ }).check();
  await inspect(page, "form-safe");
  await dialog.getByRole("button", { name: "Verwenden" }).click();
  await expect(page.getByRole("button", { name: "Entfernen Fahrzeugschein.pdf" })).toBeVisible();
  await expect(content(page).getByText("aus Ihrem Safe")).toBeVisible();
  await next(page);
  await confirmVehicle(page);
  await next(page);
  await submit(page);

  const clerk = await anotherPerson();
  await clerkAt(clerk, "landkreis");
  const title = `${errands.vehicle.service}: Silke Muster`;
  await content(clerk).getByRole("link", { name: title }).click();
  await arrivesAt(clerk, title);
  await expect(
    content(clerk).getByText(/aus dem Dokumentensafe der Person bei Landkreis Emsland/),
  ).toBeVisible();
  await inspect(clerk, "case-from-safe");
  const download = clerk.waitForEvent("download");
  await clerk.getByRole("link", { name: "Fahrzeugschein.pdf", exact: true }).click();
  expect(readFileSync(await (await download).path()).equals(file.buffer), "the file of the safe").toBe(true);
  const start = clerk.getByRole("button", { name: "In Bearbeitung nehmen" });
  await start.click();
  await expect(start).toHaveCount(0); // the forms below begin anew with the state
  await clerk.getByRole("button", { name: "Entscheiden" }).click();
  await clerk.getByRole("radio", { name: "Bewilligen" }).check();
  await clerk.getByLabel("Begründung und Hinweise").fill("Das Fahrzeug ist abgemeldet.");
  await clerk.getByRole("button", { name: "Entscheidung senden" }).click();

  const decision = content(page).getByRole("link", { name: /^Entscheidung: Ihr Antrag ist bewilligt/ });
  await expect(async () => {
    await page.goto(`${meppen}/postfach`);
    await expect(decision).toBeVisible({ timeout: 3_000 });
  }).toPass({ timeout: 60_000 });
  await decision.click();
  await page.getByRole("button", { name: "In den Dokumentensafe legen" }).click();
  await expect(page.getByText("liegt jetzt als PDF in Ihrem Dokumentensafe")).toBeVisible();
  await page.goto(`${landkreis}/konto/dokumente`);
  const kept = mine.filter({ hasText: "Entscheidung – Ihr Antrag ist bewilligt" });
  await expect(kept).toContainText(/Schreiben von Zulassungsstelle/);
  const saved = page.waitForEvent("download");
  await kept.getByRole("button", { name: /^Herunterladen/ }).click();
  expect(
    readFileSync(await (await saved).path())
      .subarray(0, 5)
      .toString(),
  ).toBe("%PDF-");
  await page.goto(`${landkreis}/konto/zugriffe`);
  await expect(
    content(page).getByRole("heading", { name: `Stadt Meppen – ${errands.vehicle.service}` }),
  ).toBeVisible();
});
