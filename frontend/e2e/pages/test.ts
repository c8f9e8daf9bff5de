import { test as base } from "@playwright/test";
import { startPortal, type InventedPortal } from "./portal";

/** Tests of pages, each process with an invented portal of its own. */
export const test = base.extend<object, { portal: InventedPortal }>({
  portal: [
    // eslint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const portal = await startPortal();
      await use(portal);
      portal.close();
    },
    { scope: "worker" },
  ],
  baseURL: ({ portal }, use) => use(portal.address),
});
