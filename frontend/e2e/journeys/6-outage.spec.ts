import { expect } from "@playwright/test";
import { command } from "../support/association";
import { arrival, begin, errands, inInbox, submit } from "../support/errands";
import { confirmVehicle, enterPerson, enterVehicle, next } from "../support/forms";
import { inspect } from "../support/inspect";
import { arrivesAt, content, fact, section } from "../support/pages";
import { citizenAt, clerkAt } from "../support/people";
import { test } from "../support/test";

test.afterEach(async () => {
  await command("start landkreis");
});

test("with the county's portal stopped, an application for it is taken, and arrives once when it is back", async ({
  page,
  anotherPerson,
  complaints,
}) => {
  complaints.expect(/\b50\d\b.*\/api\/v1\/(account\/prefill|mailbox)/);
  const citizen = await citizenAt(page, "meppen", "Renske");
  await command("stop landkreis");
  await begin(page, errands.vehicle);
  await inspect(page, "outage-form");
  await enterPerson(page, citizen);
  await next(page);
  await enterVehicle(page, "EL RE 9");
  await next(page);
  await confirmVehicle(page);
  await next(page);
  const number = await submit(page);
  await expect(content(page).getByRole("status")).toContainText("unterwegs");
  await expect(fact(page, "Angekommen am")).toHaveText("noch unterwegs");
  await inspect(page, "outage-receipt");
  await page.getByRole("link", { name: "Postfach" }).click();
  await expect(content(page).getByRole("button", { name: "Noch einmal versuchen" })).toBeVisible();
  await inspect(page, "outage-mailbox");
  await page.goBack();

  await command("start landkreis");
  await arrival(page);
  await page.getByRole("link", { name: "Zum Antrag" }).click();
  await arrivesAt(page, errands.vehicle.service);
  const timeline = section(page, "Verlauf").getByRole("listitem");
  await expect(timeline.filter({ hasText: "Bei der zuständigen Stelle eingegangen" })).toHaveCount(1);
  await expect(timeline.filter({ hasText: "Antrag abgeschickt" })).toHaveCount(1);

  const clerk = await anotherPerson();
  await clerkAt(clerk, "landkreis");
  await expect(await inInbox(clerk, number)).toHaveCount(1);
});
