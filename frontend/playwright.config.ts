import { existsSync } from "node:fs";
import { defineConfig } from "@playwright/test";

/** The browser of the machine where there is one, else Playwright's own. */
const installed = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) =>
  existsSync(path),
);
const executablePath = process.env["CHROMIUM"] ?? installed;

const port = 4173;

export default defineConfig({
  testDir: "e2e",
  outputDir: "test-results",
  forbidOnly: Boolean(process.env["CI"]),
  reporter: [["list"]],
  use: {
    locale: "de-DE",
    timezoneId: "Europe/Berlin",
    launchOptions: {
      ...(executablePath !== undefined && { executablePath }),
      args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    },
  },
  projects: [
    {
      // Every page in every state, with invented answers of the portal.
      name: "pages",
      testDir: "e2e/pages",
      use: { baseURL: `http://127.0.0.1:${port}` },
    },
    ...(process.env["LOOK"] === undefined
      ? []
      : [{ name: "look", testMatch: "pages/look.ts", use: { baseURL: `http://127.0.0.1:${port}` } }]),
  ],
  webServer: {
    command: `node scripts/serve.mjs ${port}`,
    cwd: import.meta.dirname,
    url: `http://127.0.0.1:${port}/`,
    reuseExistingServer: false,
  },
});
