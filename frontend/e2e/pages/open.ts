import { expect, type Page } from "@playwright/test";
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
  await expect(page.locator("h1")).toHaveCount(1);
  await expect(page.locator("[aria-busy=true]")).toHaveCount(0);
  for (const summary of scene.open ?? []) {
    await page.locator("summary").filter({ hasText: summary }).first().click();
  }
  if (scene.press !== undefined) {
    await page.getByRole("button", { name: scene.press }).first().click();
    await expect(page.locator("h1")).toHaveCount(1);
  }
}
