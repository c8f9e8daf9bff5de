import { expect, type Route } from "@playwright/test";
import { inspect } from "../support/inspect";
import { arrivesAt, shows } from "../support/pages";
import { test } from "../support/test";

for (const [link, title, name] of [
  ["Impressum", "Impressum", "imprint"],
  ["Datenschutz", "Datenschutz", "privacy"],
  ["Barrierefreiheit", "Erklärung zur Barrierefreiheit", "accessibility"],
] as const) {
  test(`the footer leads to ${name}`, async ({ page, where }) => {
    await page.goto(where.portals.meppen);
    await page.getByRole("contentinfo").getByRole("link", { name: link }).click();
    await arrivesAt(page, title);
    await inspect(page, name);
  });
}

test("who leaves the first page before it is whole is led to the heading of the next", async ({
  page,
  where,
}) => {
  const asked = new Promise<Route>((resolve) => {
    void page.route("**/StartPage-*.js", resolve);
  });
  // The portal takes so long to say who is there that loading is shown.
  await page.route("**/api/v1/session", async (route) => {
    await page.waitForFunction(() => performance.now() > 1_000);
    await route.continue();
  });
  await page.goto(where.portals.meppen, { waitUntil: "commit" });
  await expect(page.getByText("Wird geladen …")).toBeVisible();
  const held = await asked;
  await page.getByRole("contentinfo").getByRole("link", { name: "Datenschutz" }).click();
  await arrivesAt(page, "Datenschutz");
  await held.continue();
});

test("every portal shows itself, its association and that this is a demonstration", async ({
  page,
  where,
}) => {
  for (const [portal, name] of [
    ["landkreis", "Landkreis Emsland"],
    ["lathen", "Samtgemeinde Lathen"],
  ] as const) {
    await page.goto(where.portals[portal]);
    await shows(page, "Was möchten Sie erledigen?");
    await expect(page.getByRole("banner")).toContainText(name);
    await inspect(page, `start-${portal}`);
  }
  const members = page.getByRole("contentinfo").getByRole("listitem");
  await members.getByRole("link", { name: "Stadt Meppen" }).click();
  await expect(page).toHaveURL(`${where.portals.meppen}/`);
});

test("the contract is shown as pages, and sent mail too", async ({ page, where }) => {
  await page.goto(`${where.portals.meppen}/docs`);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await page.getByRole("link", { name: "Guide for integrators" }).click();
  await inspect(page, "guide", { portal: false });
  await page.getByRole("link", { name: "Webhooks: be told" }).click();
  await expect(page.getByRole("heading", { name: "5. Webhooks: be told" })).toBeInViewport();
  await page.goto(where.mail);
  await inspect(page, "mail", { portal: false });
});
