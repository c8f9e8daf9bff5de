import { expect, type Page } from "@playwright/test";
import { arrival, begin, errands, inInbox, submit } from "../support/errands";
import {
  confirmDog,
  confirmVehicle,
  enterBulkyWaste,
  enterDog,
  enterPerson,
  enterVehicle,
  next,
} from "../support/forms";
import { inspect } from "../support/inspect";
import { arrivesAt, content, fact, followMenu, section, shows } from "../support/pages";
import { citizenAt, clerkAt } from "../support/people";
import { test } from "../support/test";

test("the municipality's clerk, the county's clerk and the provider each get what is theirs", async ({
  page,
  anotherPerson,
  where,
}) => {
  const citizen = await citizenAt(page, "meppen", "Wiebke");

  await begin(page, errands.dog);
  await enterPerson(page, citizen);
  await next(page);
  await enterDog(page, "Anton");
  await next(page);
  await confirmDog(page);
  await next(page);
  const dog = await submit(page);
  await arrival(page);
  await expect(fact(page, "Prüfsumme (SHA-256)")).toHaveText(/[0-9a-f]{64}/);
  await inspect(page, "receipt-own");

  await begin(page, errands.vehicle);
  await enterPerson(page, citizen);
  await next(page);
  await enterVehicle(page, "EL AB 123");
  await next(page);
  await confirmVehicle(page);
  await next(page);
  const vehicle = await submit(page);
  await arrival(page);
  await expect(fact(page, "Zuständige Stelle")).toHaveText("Zulassungsstelle Meppen, Landkreis Emsland");
  await page.getByText("Unterschriebene Empfangsbestätigung").click();
  await expect(content(page).getByText(/^[\w-]+\.[\w-]*\.[\w-]+/)).toBeVisible();
  await inspect(page, "receipt-linked");
  await page.getByRole("link", { name: "Zum Antrag" }).click();
  await arrivesAt(page, errands.vehicle.service);
  const timeline = section(page, "Verlauf").getByRole("listitem");
  await expect(timeline.first()).toContainText("Bei der zuständigen Stelle eingegangen");
  await expect(timeline.last()).toContainText("Antrag begonnen");
  await expect(timeline.filter({ hasText: "Antrag abgeschickt" })).toHaveCount(1);
  await expect(content(page)).toContainText(
    "Ihr Antrag ist bei Landkreis Emsland angekommen. Der Inhalt liegt jetzt nur noch dort.",
  );
  await inspect(page, "application");

  await begin(page, errands.bulkyWaste);
  await enterPerson(page, citizen);
  await next(page);
  await enterBulkyWaste(page);
  await next(page);
  const waste = await submit(page);
  await arrival(page);

  await test.step("the clerks find their own, and nobody else's", async () => {
    for (const [portal, number, others] of [
      ["meppen", dog, [vehicle, waste]],
      ["landkreis", vehicle, [dog]],
    ] as const) {
      const clerk = await anotherPerson();
      await clerkAt(clerk, portal);
      await expect(await inInbox(clerk, number)).toHaveCount(1);
      for (const other of others) await expect(await inInbox(clerk, other)).toHaveCount(0);
    }
  });

  await test.step("the provider has the order, and its day reaches the citizen", async () => {
    await page.getByRole("link", { name: "Zum Antrag" }).click();
    await arrivesAt(page, errands.bulkyWaste.service);
    const staff = await anotherPerson();
    await orderAt(staff, waste, where);
    const promised = section(page, "Verlauf").getByText(/Ihr Abholtermin ist/);
    await expect(promised).toBeVisible({ timeout: 30_000 });
    await inspect(page, "application-provider");
  });

  await followMenu(page, "Meine Anträge");
  await expect(content(page).getByRole("listitem")).toHaveCount(3);
  await inspect(page, "applications");
});

/** Signs in at the provider, finds the order of an application, and promises a day. */
async function orderAt(staff: Page, number: string, where: { provider: string; providerPassword: string }) {
  await staff.goto(where.provider);
  await shows(staff, "Für Beschäftigte");
  await inspect(staff, "provider-sign-in", { portal: false });
  await staff.getByLabel("Passwort").fill(where.providerPassword);
  await staff.getByRole("button", { name: "Anmelden" }).click();
  await shows(staff, "Aufträge");
  const order = content(staff).getByRole("listitem").filter({ hasText: number });
  await expect(async () => {
    await staff.reload();
    await expect(order).toHaveCount(1, { timeout: 3_000 });
  }).toPass({ timeout: 30_000 });
  await expect(order).toContainText("Matratze");
  await inspect(staff, "provider-orders", { portal: false });
  await order.getByRole("button", { name: /^Termin zusagen/ }).click();
  await expect(order).toContainText("Termin");
}

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

  await begin(page, errands.dog);
  await expect(page.getByRole("link", { name: "Einwilligen und übernehmen" })).toBeVisible();
  await expect(page.getByLabel("Vorname")).toHaveValue("");
});

test("who does not consent goes on with an empty form", async ({ page }) => {
  await citizenAt(page, "meppen", "Silke");
  await begin(page, errands.dog);
  await page.getByRole("link", { name: "Einwilligen und übernehmen" }).click();
  await shows(page, "Stadt Meppen bittet um Ihre Einwilligung");
  await page.getByRole("button", { name: "Nicht einwilligen" }).click();
  await shows(page, errands.dog.firstStep);
  await expect(page.getByLabel("Vorname")).toHaveValue("");
});
