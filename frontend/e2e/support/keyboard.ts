import { expect, type Locator, type Page } from "@playwright/test";

/**
 * Presses Tab until an element has the focus, at most so many times; every stop on the way must be visible as one. Behind the last
 * stop of a page comes the first.
 */
export async function tabTo(page: Page, target: Locator, most = 60): Promise<void> {
  await expect(target).toBeVisible();
  for (let presses = 0; presses < most; presses++) {
    await page.keyboard.press("Tab");
    const stop = await target.evaluate(whereIsFocus);
    if (stop === undefined) continue;
    expect(stop.shown, `the focus is on something that is shown: ${stop.html}`).toBe(true);
    expect(stop.marked, `the focus is visible on ${stop.html}`).toBe(true);
    if (stop.there) return;
  }
  throw new Error(`${String(target)} was not reached by ${most} presses of Tab`);
}

/** What has the focus, and whether one can see it; undefined where it is on the page as a whole. Runs in the page. */
function whereIsFocus(wanted: Element) {
  const stop = document.activeElement;
  if (stop === null || stop === document.body) return undefined;
  const style = getComputedStyle(stop);
  const { width, height } = stop.getBoundingClientRect();
  const outlined = style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) > 0;
  return {
    there: stop === wanted,
    shown: width > 0 && height > 0 && style.visibility === "visible",
    marked: outlined || style.boxShadow !== "none",
    html: stop.outerHTML.slice(0, 300),
  };
}
