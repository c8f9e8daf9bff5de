import { expect, type Locator, type Page } from "@playwright/test";
import { errands } from "../support/errands";
import { arrivesAt, shows } from "../support/pages";
import { test } from "../support/test";

const most = 60;

/** Presses Tab until an element has the focus; every stop on the way must be visible as one. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await expect(target).toBeVisible();
  for (let presses = 0; presses < most; presses++) {
    await page.keyboard.press("Tab");
    const stop = page.locator(":focus");
    await expect(stop, "the focus is on something that is shown").toBeVisible();
    expect(
      await stop.evaluate(isMarked),
      `focus is visible on ${await stop.evaluate((e) => e.outerHTML)}`,
    ).toBe(true);
    if (await target.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`${String(target)} was not reached by ${most} presses of Tab`);
}

function isMarked(element: Element): boolean {
  const style = getComputedStyle(element);
  const outlined = style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) > 0;
  return outlined || style.boxShadow !== "none";
}

test("search, service and start of an application need no mouse", async ({ page, where }) => {
  await page.goto(where.portals.meppen);
  await shows(page, "Was möchten Sie erledigen?");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Zum Inhalt springen" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("main")).toBeFocused();

  const box = page.getByRole("combobox", { name: "Leistung suchen" });
  await tabTo(page, box);
  await page.keyboard.type(errands.dog.words);
  const option = page.getByRole("option", { name: errands.dog.service });
  await expect(option).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(option).toBeHidden();
  await page.keyboard.press("ArrowDown");
  await expect(option).toBeVisible();
  await page.keyboard.press("ArrowDown");
  await expect(option).toHaveAttribute("aria-selected", "true");
  await expect(box).toHaveAttribute("aria-activedescendant", (await option.getAttribute("id")) ?? "");
  await page.keyboard.press("Enter");
  await arrivesAt(page, errands.dog.service);

  await tabTo(page, page.getByRole("combobox", { name: "Ihr Ort" }));
  await page.keyboard.type("49716");
  await page.keyboard.press("Enter");
  await expect(page.getByText("Für Meppen, Stadt")).toBeVisible();
  await page.getByRole("heading", { level: 1 }).focus();
  await tabTo(page, page.getByRole("link", { name: "Online-Antrag starten" }));
  await page.keyboard.press("Enter");
  await arrivesAt(page, `Antrag: ${errands.dog.service}`);
  await tabTo(page, page.getByRole("link", { name: "Anmelden oder Konto anlegen" }));
  await page.keyboard.press("Enter");
  await shows(page, "Anmelden für Stadt Meppen");
  await tabTo(page, page.getByLabel("E-Mail-Adresse"));
});
