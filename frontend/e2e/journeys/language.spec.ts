import { expect } from "@playwright/test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "../support/inspect";
import { content, shows } from "../support/pages";
import { test } from "../support/test";

type Words = { [key: string]: string | Words };

/** All texts of a language file, by their path. */
function texts(language: string, feature: string): Map<string, string> {
  const file = join(import.meta.dirname, "../../src/i18n", language, `${feature}.json`);
  const found = new Map<string, string>();
  const collect = (words: Words, path: string) => {
    for (const [key, value] of Object.entries(words)) {
      if (typeof value === "string") found.set(`${path}.${key}`, value);
      else collect(value, `${path}.${key}`);
    }
  };
  collect(JSON.parse(readFileSync(file, "utf8")) as Words, feature);
  return found;
}

/** German texts of the user interface that differ from the English ones, as far as they have no gaps. */
function germanOnly(): Set<string> {
  const found = new Set<string>();
  for (const feature of ["common", "catalog"]) {
    const english = texts("en", feature);
    for (const [path, text] of texts("de", feature)) {
      if (text !== english.get(path) && !text.includes("{{")) found.add(text);
    }
  }
  found.delete("Deutsch");
  return found;
}

test("switching to English keeps the page and leaves no German on the start page", async ({
  page,
  where,
}) => {
  await page.goto(where.portals.meppen);
  await shows(page, "Was möchten Sie erledigen?");
  await page.getByRole("button", { name: "English" }).click();
  await shows(page, "What would you like to do?");
  await expect(page.locator("html")).toHaveAttribute("lang", "en");
  await expect(page).toHaveTitle(/^What would you like to do\?/);
  await expect(content(page).getByRole("link", { name: "Waste and environment" })).toBeVisible();
  const german = germanOnly();
  const names = /Landkreis Emsland|Portalverbund Emsland|Stadt Meppen|Samtgemeinde Lathen/g;
  // Each part of the page asks for its texts by itself.
  await expect(async () => {
    const lines = (await page.locator("body").innerText()).split("\n").map((line) => line.trim());
    expect(lines.filter((line) => german.has(line))).toEqual([]);
    expect(lines.filter((line) => /[äöüß]/i.test(line.replaceAll(names, "")))).toEqual([]);
  }).toPass({ timeout: 30_000 });
  await inspect(page, "start-english");
});

test("a service read in English stays the same service, and the choice is kept", async ({ page, where }) => {
  await page.goto(where.portals.meppen);
  await page.getByRole("button", { name: "English" }).click();
  await page.getByRole("combobox", { name: "Find a service" }).fill("register a dog");
  await page.getByRole("option", { name: "Register a dog (dog tax)" }).click();
  await shows(page, "Register a dog (dog tax)");
  const address = page.url();
  await inspect(page, "service-english");
  await page.getByRole("button", { name: "Deutsch" }).click();
  await shows(page, "Hund anmelden (Hundesteuer)");
  expect(page.url()).toBe(address);
  await page.getByRole("button", { name: "English" }).click();
  await shows(page, "Register a dog (dog tax)");
  await page.reload();
  await shows(page, "Register a dog (dog tax)");
});
