import type { Page } from "@playwright/test";
import type { InventedPortal } from "./portal";
import { scenes } from "./scenes";

/** Opens a scene and waits until its page is there. */
export async function open(page: Page, portal: InventedPortal, name: string): Promise<void> {
  const scene = scenes[name];
  if (!scene) throw new Error(`no scene ${name}`);
  portal.play(scene);
  if (scene.stored) {
    await page.addInitScript((stored) => {
      for (const [key, value] of Object.entries(stored)) localStorage.setItem(key, JSON.stringify(value));
    }, scene.stored);
  }
  await page.goto(scene.path);
  await isThere(page);
  if (scene.follow !== undefined) {
    const [link, index] = scene.follow;
    const from = page.url();
    await page.getByRole("main").getByRole("link", { name: link }).nth(index).click();
    await page.waitForURL((address) => address.href !== from);
    await isThere(page);
  }
  await unfold(page, scene.open);
  if (scene.choose !== undefined) {
    await page.getByLabel(scene.choose.field).setInputFiles(scene.choose.files);
    await page.getByRole("img", { name: scene.choose.until }).waitFor();
  }
  for (const button of [scene.press ?? []].flat()) {
    await page.getByRole("button", { name: button }).first().click();
    await isThere(page);
  }
  await unfold(page, scene.openAfter);
}

async function unfold(page: Page, summaries: string[] = []): Promise<void> {
  for (const summary of summaries) {
    await page.locator("summary").filter({ hasText: summary }).first().click();
  }
}

/** Waits until a page has its one heading and nothing on it is still being read: seen at once, where `expect` looks ever more rarely. */
async function isThere(page: Page): Promise<void> {
  await page.waitForFunction(
    () => document.querySelectorAll("h1").length === 1 && document.querySelector("[aria-busy=true]") === null,
    undefined,
    { timeout: 30_000 },
  );
}
