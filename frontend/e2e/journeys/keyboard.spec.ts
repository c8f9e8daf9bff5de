import { expect } from "@playwright/test";
import { errands } from "../support/errands";
import { tabTo } from "../support/keyboard";
import { arrivesAt, shows } from "../support/pages";
import { test } from "../support/test";

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
  await tabTo(page, page.getByRole("link", { name: "Online-Antrag starten" }));
  await page.keyboard.press("Enter");
  await arrivesAt(page, `Antrag: ${errands.dog.service}`);
  await tabTo(page, page.getByRole("link", { name: "Anmelden oder Konto anlegen" }));
  await page.keyboard.press("Enter");
  await shows(page, "Anmelden für Stadt Meppen");
  await tabTo(page, page.getByLabel("E-Mail-Adresse"));
});
