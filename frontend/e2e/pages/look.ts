import { join } from "node:path";
import { open } from "./open";
import { scenes } from "./scenes";
import { test } from "./test";

/**
 * Takes a picture of every page, for people to look at: `LOOK=folder npm run test:e2e -- --project=look`, with `SCENES`
 * as a comma-separated choice. As they come out of a printer, too, as PDF.
 */
const folder = process.env["LOOK"] ?? "";
const chosen = process.env["SCENES"]?.split(",") ?? Object.keys(scenes);

for (const name of chosen) {
  test(`look at ${name}`, async ({ page, portal }) => {
    await page.setViewportSize({ width: 1280, height: 800 });
    await open(page, portal, name);
    await page.screenshot({ path: join(folder, `${name}-1280.png`), fullPage: true });
    await page.pdf({ path: join(folder, `${name}.pdf`), format: "A4" });
    await page.setViewportSize({ width: 360, height: 740 });
    await page.screenshot({ path: join(folder, `${name}-360.png`), fullPage: true });
  });
}
