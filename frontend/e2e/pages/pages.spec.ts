import { expect, type Page } from "@playwright/test";
import { checkWithAxe } from "../support/axe";
import { open } from "./open";
import { scenes } from "./scenes";
import { test } from "./test";

/** Collects what the browser complains about: script errors and violations of the Content-Security-Policy. */
function complaints(page: Page): string[] {
  const found: string[] = [];
  page.on("pageerror", (error) => found.push(error.message));
  page.on("console", (message) => {
    const expected = /Failed to load resource/.test(message.text());
    if (message.type() === "error" && !expected) found.push(message.text());
  });
  return found;
}

for (const name of Object.keys(scenes)) {
  test(`${name}: accessible, no id twice, fits 320 px and large text, keeps to the policy`, async ({
    page,
    portal,
  }) => {
    const complained = complaints(page);
    await open(page, portal, name);
    await checkWithAxe(page, "light");
    await page.emulateMedia({ colorScheme: "dark" });
    await checkWithAxe(page, "dark", { only: "colours" });
    const twice = await page.evaluate(() => {
      const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
      return ids.filter((id, index) => ids.indexOf(id) !== index);
    });
    expect(twice).toEqual([]);
    await page.setViewportSize({ width: 320, height: 700 });
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBeLessThanOrEqual(320);
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.evaluate(() => document.documentElement.style.setProperty("font-size", "200%"));
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(1280);
    expect(await page.evaluate(cutOff), "texts that are cut off at 200 %").toEqual([]);
    expect(complained).toEqual([]);
  });
}

test("the account's pages fold on a phone: opened, reached by keyboard, closed by Escape", async ({
  page,
  portal,
}) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await open(page, portal, "security");
  const navigation = page.getByRole("navigation", { name: "Mein Konto" });
  const toggle = navigation.getByRole("button");
  await expect(toggle).toHaveAttribute("aria-expanded", "false");
  await expect(navigation.getByRole("link")).toHaveCount(0);
  await toggle.focus();
  await page.keyboard.press("Enter");
  await expect(toggle).toHaveAttribute("aria-expanded", "true");
  await expect(navigation.getByRole("link").first()).toBeVisible();
  await checkWithAxe(page, "opened");
  await page.emulateMedia({ colorScheme: "dark" });
  await checkWithAxe(page, "opened in the dark", { only: "colours" });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  await page.keyboard.press("Tab");
  await expect(navigation.getByRole("link").first()).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(navigation.getByRole("link")).toHaveCount(0);
  await expect(toggle).toBeFocused();
});

test("one text that is too pale is found among many that look alike otherwise", async ({ page, portal }) => {
  await open(page, portal, "offices");
  await page
    .locator("main p")
    .last()
    .evaluate((element) => (element.style.color = "#c8c8c8"));
  await expect(checkWithAxe(page, "pale", { only: "colours" })).rejects.toThrow("color-contrast");
});

/** What is longer than the box that it stands in, where the box neither grows nor scrolls. Runs in the page. */
function cutOff(): string[] {
  return [...document.querySelectorAll<HTMLElement>("body *")]
    .filter((element) => {
      const style = getComputedStyle(element);
      const seen = element.clientWidth > 4 && element.clientHeight > 4 && style.visibility !== "hidden";
      const larger =
        element.scrollWidth > element.clientWidth + 2 || element.scrollHeight > element.clientHeight + 2;
      return (
        seen &&
        larger &&
        /hidden|clip/.test(`${style.overflowX} ${style.overflowY}`) &&
        element.innerText.trim() !== ""
      );
    })
    .map((element) => element.outerHTML.slice(0, 200));
}
