import { shows } from "../support/pages";
import { citizenAt } from "../support/people";
import { expect, test } from "../support/test";

test("one sign-in opens three portals and the provider, and one sign-out closes them all", async ({
  page,
  where,
}) => {
  const { landkreis, meppen, lathen } = where.portals;
  const mine = `${where.provider}/meine-abholungen`;
  const person = await citizenAt(page, "landkreis", "Elske");
  const name = `${person.givenName} ${person.familyName}`;
  for (const portal of [meppen, lathen]) {
    await page.goto(`${portal}/api/v1/signin/start?returnTo=%2F`, { waitUntil: "commit" });
    await page.waitForURL(`${portal}/`); // no second password
    await expect(page.getByText(`Angemeldet als ${name}`)).toBeVisible();
  }
  await page.goto(`${where.provider}/anmeldung`);
  await shows(page, /bittet um Ihre Einwilligung$/);
  await page.getByRole("button", { name: "Einwilligen und weiter" }).click();
  await page.waitForURL(mine);
  await expect(page.getByText(`Guten Tag, ${name}!`)).toBeVisible();

  await page.goto(meppen);
  await page.getByRole("button", { name: "Abmelden", exact: true }).click();
  await expect(page.getByRole("link", { name: "Anmelden", exact: true })).toBeVisible();
  for (const portal of [landkreis, meppen, lathen]) {
    await expect(async () => {
      const session = await page.request.get(`${portal}/api/v1/session`);
      expect(await session.json()).toMatchObject({ signedIn: false });
    }, portal).toPass({ timeout: 15_000 });
  }
  await expect(async () => {
    await page.goto(mine);
    await expect(page.getByText("Guten Tag")).toHaveCount(0, { timeout: 500 });
  }).toPass({ timeout: 15_000 });
  await page.goto(`${lathen}/api/v1/signin/start?returnTo=%2F`, { waitUntil: "commit" });
  await shows(page, "Anmelden für Samtgemeinde Lathen"); // the password is asked for again
});
