import { test as base, expect, type Page } from "@playwright/test";
import { association, type Association } from "./association";
import { Complaints } from "./complaints";

interface Fixtures {
  /** Where the portals are. */
  where: Association;
  /** What browsers complained about; a test fails when there is anything that it did not expect. */
  complaints: Complaints;
  /** Another person at another browser. */
  anotherPerson: () => Promise<Page>;
}

/** A test on the running association, of one person at one browser, or several. */
export const test = base.extend<Fixtures>({
  // Playwright reads the names of what a fixture needs from its first argument.
  // oxlint-disable-next-line no-empty-pattern
  where: async ({}, use) => use(association()),
  complaints: [
    // oxlint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const complaints = new Complaints();
      await use(complaints);
      await complaints.settled();
      expect(complaints.found, "complaints of the browser").toEqual([]);
    },
    { auto: true },
  ],
  context: async ({ context, complaints }, use) => {
    complaints.listenTo(context);
    await use(context);
  },
  anotherPerson: async ({ browser, complaints, locale, timezoneId, viewport }, use) => {
    const opened: Page[] = [];
    await use(async () => {
      const context = await browser.newContext({
        viewport,
        ...(locale !== undefined && { locale }),
        ...(timezoneId !== undefined && { timezoneId }),
      });
      complaints.listenTo(context);
      const page = await context.newPage();
      opened.push(page);
      return page;
    });
    for (const page of opened) await page.context().close();
  },
});

export { expect } from "@playwright/test";
