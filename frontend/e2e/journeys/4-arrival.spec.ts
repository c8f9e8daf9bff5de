import { expect } from "@playwright/test";
import { begin, errands } from "../support/errands";
import { inspect } from "../support/inspect";
import { arrivesAt, content, shows } from "../support/pages";
import { citizenAt } from "../support/people";
import { test } from "../support/test";

test("every read of the account stands in the access log, and a withdrawn consent ends it", async ({
  page,
  where,
}) => {
  const { landkreis } = where.portals;
  const citizen = await citizenAt(page, "meppen", "Antje");
  await begin(page, errands.dog);
  await page.getByRole("link", { name: "Einwilligen und übernehmen" }).click();
  await page.getByRole("button", { name: "Einwilligen und weiter" }).click();
  await shows(page, errands.dog.firstStep);
  await expect(page.getByLabel("Vorname")).toHaveValue(citizen.givenName);
  await expect(page.getByText(/Gespeichert um/)).toBeVisible();

  await page.goto(`${landkreis}/konto`);
  await shows(page, "Meine Angaben");
  await inspect(page, "account-profile");
  const read = { level: 2, name: `Stadt Meppen – ${errands.dog.service}` } as const;
  await page.getByRole("link", { name: "Zugriffe" }).click();
  await arrivesAt(page, "Zugriffe");
  const access = content(page)
    .getByRole("listitem")
    .filter({ has: page.getByRole("heading", read) });
  await expect(access.first()).toContainText("Vorname");
  await expect(access.first()).toContainText("mit Ihrer Einwilligung");
  await inspect(page, "account-accesses");

  await page.getByRole("link", { name: "Einwilligungen" }).click();
  await arrivesAt(page, "Einwilligungen");
  await expect(page.getByRole("heading", read)).toBeVisible();
  await inspect(page, "account-consents");
  await page.getByRole("button", { name: /^Widerrufen/ }).click();
  await expect(content(page).getByText(/^Widerrufen am/)).toBeVisible();
  await inspect(page, "account-consents-withdrawn");

  await page.getByRole("link", { name: "Anmeldungen" }).click();
  await arrivesAt(page, "Anmeldungen");
  await expect(content(page).getByText("Dieses Gerät")).toBeVisible();
  await inspect(page, "account-sessions");

  await test.step("who does not consent goes on with an empty form", async () => {
    await begin(page, errands.dog);
    await expect(page.getByLabel("Vorname")).toHaveValue("");
    await page.getByRole("link", { name: "Einwilligen und übernehmen" }).click();
    await shows(page, "Stadt Meppen bittet um Ihre Einwilligung");
    await page.getByRole("button", { name: "Nicht einwilligen" }).click();
    await shows(page, errands.dog.firstStep);
    await expect(page.getByLabel("Vorname")).toHaveValue("");
  });
});
