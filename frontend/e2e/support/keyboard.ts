import { expect, type Locator, type Page } from "@playwright/test";

/**
 * Presses Tab until an element has the focus, at most so many times; every stop on the way must be visible as one. Behind the last
 * stop of a page comes the first. Nothing that happened since the last time may have lost the focus.
 */
export async function tabTo(page: Page, target: Locator, most = 60): Promise<void> {
  await expect(target).toBeVisible();
  expect(await page.evaluate(focusIsLost), "the focus was lost with what it was on").toBe(false);
  const wanted = await target.elementHandle();
  if (wanted === null) throw new Error(`${String(target)} is gone`);
  for (let presses = 0; presses < most; presses++) {
    await page.keyboard.press("Tab");
    const stop = await wanted.evaluate(whereIsFocus);
    if (stop === undefined) continue;
    expect(stop.shown, `the focus is on something that is shown: ${stop.html}`).toBe(true);
    expect(stop.marked, `the focus is visible on ${stop.html}`).toBe(true);
    if (stop.there) {
      await wanted.dispose();
      return;
    }
  }
  throw new Error(`${String(target)} was not reached by ${most} presses of Tab`);
}

/** Whether nothing has the focus, on a page where something had it. Runs in the page. */
function focusIsLost(): boolean {
  const marked = document as Document & { usedByKeyboard?: boolean };
  const before = marked.usedByKeyboard === true;
  marked.usedByKeyboard = true;
  return before && (document.activeElement === null || document.activeElement === document.body);
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

/** Goes to a field, and types. What stands there is replaced, as Tab marks it. */
export async function typeInto(page: Page, field: Locator, text: string): Promise<void> {
  await tabTo(page, field);
  await page.keyboard.type(text);
}

/** Goes to something, and presses a key on it. */
export async function press(page: Page, target: Locator, key = "Enter"): Promise<void> {
  await tabTo(page, target);
  await page.keyboard.press(key);
}

/** Types into a field with suggestions, and takes one by the arrow keys. */
export async function typeAndTake(page: Page, field: Locator, text: string, option: Locator): Promise<void> {
  await typeInto(page, field, text);
  await expect(option).toBeVisible();
  for (let presses = 0; presses < 10 && (await option.getAttribute("aria-selected")) !== "true"; presses++) {
    await page.keyboard.press("ArrowDown");
  }
  await expect(option).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("Enter");
}

/** Takes one of several answers: Tab leads to them where the focus is not there already, the arrow keys lead from one to the next. */
export async function pick(page: Page, question: string | RegExp, answer: string): Promise<void> {
  const group = page.getByRole("group", { name: question });
  const wanted = group.getByLabel(answer, { exact: true });
  const first = group.getByRole("radio").first();
  await expect(first).toBeVisible();
  if (!(await first.evaluate((radio) => radio === document.activeElement))) await tabTo(page, first);
  await page.keyboard.press("Space");
  for (let presses = 0; presses < 10 && !(await wanted.isChecked()); presses++) {
    await page.keyboard.press("ArrowDown");
  }
  await expect(wanted).toBeChecked();
}

/** Takes an entry of a list that opens, by the arrow keys. */
export async function takeFromList(page: Page, list: Locator, entry: string): Promise<void> {
  await tabTo(page, list);
  const chosen = list.locator("option:checked");
  for (let presses = 0; presses < 20 && (await chosen.innerText()) !== entry; presses++) {
    await page.keyboard.press("ArrowDown");
  }
  await expect(chosen).toHaveText(entry);
}

/** Types a date into its three fields. */
export async function typeDate(page: Page, question: string | RegExp, parts: string[]): Promise<void> {
  const group = page.getByRole("group", { name: question });
  for (const [index, name] of ["Tag", "Monat", "Jahr"].entries()) {
    await typeInto(page, group.getByLabel(name, { exact: true }), parts[index] ?? "");
  }
}

/** Hands in a file: the field opens the dialog of the browser, which is not part of the page. */
export async function handIn(
  page: Page,
  field: Locator,
  file: { name: string; mimeType: string; buffer: Buffer },
): Promise<void> {
  const opened = page.waitForEvent("filechooser"); // listens before the key is pressed, also on a slow machine
  await tabTo(page, field);
  await page.keyboard.press("Space");
  await (await opened).setFiles(file);
  if (file.mimeType.startsWith("image/")) {
    await press(page, page.getByRole("dialog").getByRole("button", { name: "Hochladen" }));
  }
  await expect(page.getByRole("button", { name: `Entfernen ${file.name}` })).toBeVisible();
}
