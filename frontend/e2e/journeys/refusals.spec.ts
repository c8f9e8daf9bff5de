import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "@playwright/test";
import { begin, errands } from "../support/errands";
import { enterPerson, enterVehicle, next, pdf } from "../support/forms";
import { inspect } from "../support/inspect";
import { arrivesAt, content, shows } from "../support/pages";
import { citizenAt } from "../support/people";
import { test } from "../support/test";

const unknownId = "01890000-0000-7000-8000-000000000000";

test("files and answers that are wrong are refused with words, right ones are taken, and what is missing is asked for", async ({
  page,
  complaints,
}) => {
  complaints.expect(/status of 415.*\/attachments/);
  complaints.expect(/status of 413.*\/uploads/);
  const citizen = await citizenAt(page, "meppen", "Meta");
  await begin(page, errands.vehicle);
  await enterPerson(page, citizen);
  await next(page);
  const field = page.getByLabel("Fotos der Kennzeichen und der Zulassungsbescheinigung");
  const program = Buffer.concat([Buffer.from("MZ\u0090\u0000\u0003", "latin1"), Buffer.alloc(4096, 7)]);
  await field.setInputFiles({ name: "Foto.pdf", mimeType: "application/pdf", buffer: program });
  const refused = content(page).getByRole("alert");
  await expect(refused).toHaveText(/PDF.*JPEG.*PNG|nicht erlaubt|nicht an/);
  await inspect(page, "file-forbidden");
  await page.getByRole("button", { name: "Schließen Foto.pdf" }).click();
  await expect(refused).toHaveCount(0);

  const folder = mkdtempSync(join(tmpdir(), "refusals-"));
  try {
    const large = join(folder, "Scan.pdf");
    writeFileSync(large, "");
    truncateSync(large, 201 * 1024 * 1024);
    await field.setInputFiles(large);
    await expect(refused).toHaveText(/zu groß.*höchstens 200 MB/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  await inspect(page, "file-too-large");
  await page.getByRole("button", { name: "Schließen Scan.pdf" }).click();

  await field.setInputFiles(pdf("Schein.pdf"));
  await expect(page.getByRole("button", { name: "Entfernen Schein.pdf" })).toBeVisible();
  await page.getByRole("button", { name: "Entfernen Schein.pdf" }).click();
  await expect(page.getByRole("button", { name: "Entfernen Schein.pdf" })).toHaveCount(0);

  await test.step("a step with several wrong answers names each of them, and goes on when they are mended", async () => {
    await enterVehicle(page, "kein Kennzeichen");
    await page.getByLabel("Letzte acht Stellen").fill("123");
    await page.getByLabel("Sicherheitscode des hinteren Kennzeichens").fill("");
    await next(page);
    await expect(page.getByRole("heading", { name: "Bitte prüfen Sie 3 Angaben" })).toBeVisible();
    for (const [label, words] of [
      ["Kennzeichen", /zu lang/],
      ["Letzte acht Stellen der Fahrzeug-Identifizierungsnummer", /Schreibweise/],
      ["Sicherheitscode des hinteren Kennzeichens", /füllen Sie/],
    ] as const) {
      const wrong = page.getByRole("textbox", { name: label, exact: true });
      await expect(wrong).toHaveAttribute("aria-invalid", "true");
      await expect(wrong).toHaveAccessibleDescription(words);
    }
    await inspect(page, "form-several-errors");
    await enterVehicle(page, "EL AL 1");
    await expect(content(page).getByText("Bitte prüfen Sie")).toHaveCount(0);
    await next(page);
    await arrivesAt(page, "Was geschieht mit dem Fahrzeug?");
  });

  await test.step("what is still missing on submitting is shown at the question", async () => {
    await expect(page.getByText(/Gespeichert um/)).toBeVisible();
    await page.goto(`${page.url().split("?")[0]}?schritt=pruefen`);
    await shows(page, "Bitte prüfen Sie Ihre Angaben");
    await page.getByRole("button", { name: "Antrag verbindlich absenden" }).click();
    await arrivesAtErrors(page, "Was geschieht mit dem Fahrzeug?");
  });
});

async function arrivesAtErrors(page: Parameters<typeof shows>[0], title: string) {
  await shows(page, title);
  await expect(page.getByRole("heading", { name: /Bitte prüfen Sie \d Angaben/ })).toBeVisible();
}

test("addresses that lead nowhere say so, and lead back", async ({ page, where, complaints }) => {
  complaints.expect(/status of 40[04]/);
  const { meppen } = where.portals;
  await page.goto(`${meppen}/gibt/es/nicht`);
  await shows(page, "Diese Seite gibt es nicht");
  await inspect(page, "not-found");
  await page.getByRole("link", { name: "Zur Startseite" }).click();
  await arrivesAt(page, "Was möchten Sie erledigen?");
  await page.goto(`${meppen}/leistungen/${unknownId}`);
  await shows(page, "Diese Seite gibt es nicht");
  await inspect(page, "service-unknown");
  await page.goto(`${meppen}/leistungen/keine-kennung`);
  await shows(page, "Diese Seite gibt es nicht");
  await citizenAt(page, "meppen", "Wenke");
  await page.goto(`${meppen}/antraege/${unknownId}`);
  await shows(page, "Diese Seite gibt es nicht");
  await inspect(page, "application-unknown");
  await page.goto(`${meppen}/mitarbeit`);
  await shows(page, "Dafür fehlt Ihnen die Berechtigung");
  await inspect(page, "staff-forbidden");
});
