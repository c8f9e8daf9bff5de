import { join } from "node:path";
import { expect, test, type Page } from "@playwright/test";
import { checkWithAxe } from "./axe";

const desktop = { width: 1280, height: 800 };
const phone = { width: 360, height: 740 };
const narrowest = { width: 320, height: 640 };

interface Looks {
  /** Whether this is a page of a portal, with its heading in the window's title and its banner. */
  portal?: boolean;
}

/**
 * Checks a page as it stands: accessible at the width of a phone (the scenes of all pages are at the width of a desktop), in light
 * and in dark colours, with one heading, a title, the banner of the demonstration, no id twice, and no scrolling sideways at
 * 320 px. Leaves pictures in the folder E2E_SCREENSHOTS, for people to look at.
 */
export async function inspect(page: Page, name: string, { portal = true }: Looks = {}): Promise<void> {
  await test.step(`inspect ${name}`, async () => {
    const before = page.viewportSize() ?? desktop;
    const scrolled = await page.evaluate(() => window.scrollY);
    await settled(page);
    await checkFrame(page, portal);
    await checkIds(page);
    await page.setViewportSize(desktop);
    await picture(page, `${name}-${desktop.width}`);
    await page.setViewportSize(phone);
    await checkWithAxe(page, `${name} at ${phone.width} px`);
    await picture(page, `${name}-${phone.width}`);
    await page.emulateMedia({ colorScheme: "dark" });
    await checkWithAxe(page, `${name} in dark colours`, { only: "colours" });
    await picture(page, `${name}-dark`);
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize(narrowest);
    expect(await contentWidth(page), `${name}: scrolls sideways`).toBeLessThanOrEqual(narrowest.width);
    await page.setViewportSize(before);
    await page.evaluate((y) => window.scrollTo(0, y), scrolled);
  });
}

/** Waits until nothing is being fetched for the page any more. */
async function settled(page: Page): Promise<void> {
  await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
  await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
  await page.evaluate(async () => {
    await document.fonts.ready;
  });
}

async function checkFrame(page: Page, portal: boolean): Promise<void> {
  const heading = (await page.getByRole("heading", { level: 1 }).innerText()).replaceAll(/\s+/g, " ");
  await expect(page).toHaveTitle(portal ? new RegExp(`^${escape(heading)}`) : /\S/);
  await expect(page.locator("html")).toHaveAttribute("lang", /^(de|en)$/);
  if (!portal) return;
  const banner = page.getByRole("complementary", {
    name: /Hinweis zur Demonstration|about this demonstration/i,
  });
  await expect(banner).toBeVisible();
  await expect(banner).toContainText(/erfunden|invented/);
}

async function checkIds(page: Page): Promise<void> {
  const twice = await page.evaluate(() => {
    const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
    return ids.filter((id, index) => ids.indexOf(id) !== index);
  });
  expect(twice, "ids that are there twice").toEqual([]);
}

function contentWidth(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth);
}

async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env["E2E_SCREENSHOTS"];
  if (folder === undefined) return;
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true, animations: "disabled" });
}

const escape = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
