import { existsSync } from "node:fs";
import { defineConfig } from "@playwright/test";

/** The browser of the machine where there is one, without windows if possible, else Playwright's own. */
const installed = [
  "/usr/bin/chromium-headless-shell",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
].find((path) => existsSync(path));
const executablePath = process.env["CHROMIUM"] ?? installed;

const outage = "**/6-outage.spec.ts";
const joining = "**/7-joining.spec.ts";

const isRoot = process.getuid?.() === 0;

export default defineConfig({
  testDir: "e2e",
  outputDir: "test-results",
  forbidOnly: Boolean(process.env["CI"]),
  reporter: [["list"]],
  workers: 3, // much of a journey is waiting; files run side by side, the tests of a journey's file one after the other
  timeout: 180_000,
  expect: { timeout: 30_000 },
  globalSetup: "./e2e/support/start.ts",
  use: {
    locale: "de-DE",
    timezoneId: "Europe/Berlin",
    viewport: { width: 1280, height: 800 },
    colorScheme: "light",
    contextOptions: { reducedMotion: "reduce" },
    actionTimeout: 30_000,
    navigationTimeout: 30_000,
    // A trace shows each step of a test that failed, and takes a third more time: only when asked for.
    trace: process.env["E2E_TRACE"] === undefined ? "off" : "retain-on-failure",
    launchOptions: {
      ...(executablePath !== undefined && { executablePath }),
      args: [
        ...(isRoot ? ["--no-sandbox"] : []), // Chromium refuses to run as root with it
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
      ],
    },
  },
  projects: [
    {
      // The steps of a citizen's application through the running association, each by persons of its own.
      name: "journeys",
      testDir: "e2e/journeys",
      testIgnore: [outage, joining],
    },
    {
      // Stops a part of the association, which all share: after everything else.
      name: "outage",
      testDir: "e2e/journeys",
      testMatch: outage,
      dependencies: ["journeys"],
    },
    {
      // Adds an account home, so that everybody is asked where their account is: after everything else, too.
      name: "joining",
      testDir: "e2e/journeys",
      testMatch: joining,
      dependencies: ["outage"],
    },
    {
      // Every page in every state, with invented answers of the portal.
      name: "pages",
      testDir: "e2e/pages",
      fullyParallel: true,
    },
    ...(process.env["LOOK"] === undefined ? [] : [{ name: "look", testMatch: "pages/look.ts" }]),
  ],
});
