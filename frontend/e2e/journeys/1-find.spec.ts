import { inspect } from "../support/inspect";
import { errands, find } from "../support/errands";
import {
  arrivesAt,
  choosePlace,
  content,
  enterPlace,
  fact,
  results,
  section,
  shows,
  takeSuggestion,
} from "../support/pages";
import { expect, test } from "../support/test";

const search = { name: "Leistung suchen" };

test("a county's service is found at the municipality's portal, with cost, documents and who is competent", async ({
  page,
  where,
}) => {
  await page.goto(where.portals.meppen);
  await shows(page, "Was möchten Sie erledigen?");
  await inspect(page, "start");

  const box = page.getByRole("combobox", search);
  await box.pressSequentially("sperrm", { delay: 20 });
  await expect(page.getByRole("option").first()).toHaveText("Sperrmüll abholen lassen");
  await inspect(page, "start-suggestions");
  await box.fill("sperrmüll");
  await box.press("Enter");
  await arrivesAt(page, "Ergebnisse für „sperrmüll“");
  await expect(results(page).first()).toHaveText("Sperrmüll abholen lassen");
  await inspect(page, "results");

  await choosePlace(page, "49716", "Meppen, Stadt");
  await content(page).getByRole("link", { name: "Sperrmüll abholen lassen" }).click();
  await arrivesAt(page, "Sperrmüll abholen lassen");
  const now = section(page, "Das können Sie jetzt tun");
  await expect(now).toContainText("Sie stellen den Antrag hier, wir leiten ihn sicher dorthin weiter.");
  await expect(section(page, "Zuständige Stelle")).toContainText("im Portal Landkreis Emsland");
  await expect(section(page, "Zuständige Stelle")).toContainText("Entsorgung Emsland (Beispiel)");
  await expect(section(page, "Kosten")).toContainText(/€|kostenfrei/);
  await expect(section(page, "Was Sie brauchen")).toBeVisible();
  await expect(section(page, "So läuft es ab").getByRole("listitem")).not.toHaveCount(0);
  await expect(fact(page, "Portal")).toHaveText("Landkreis Emsland");
  await inspect(page, "service-county");
});

test("the municipality's own service names its office and its fees", async ({ page }) => {
  await find(page, errands.dog);
  const office = section(page, "Zuständige Stelle");
  await expect(office).toContainText("Stadtkasse und Steuern Meppen");
  await expect(office).toContainText("im Portal Stadt Meppen");
  await expect(fact(page, "Erster Hund")).toContainText("€");
  await expect(section(page, "Was Sie brauchen")).toContainText("Nummer des Mikrochips");
  await expect(section(page, "Das können Sie jetzt tun")).toContainText("gleich hier online stellen");
  await inspect(page, "service-own");
});

test("everyday words for a service that only the county has lead to it", async ({ page, where }) => {
  await page.goto(where.portals.meppen);
  await takeSuggestion(page, "auto abmelden", errands.vehicle.service);
  const office = section(page, "Zuständige Stelle");
  await expect(office).toContainText("Zulassungsstelle Meppen");
  await expect(office).toContainText("im Portal Landkreis Emsland");
  await expect(fact(page, "Abmeldung")).toHaveText(/16,80\s€/);
});

test("a typing mistake is forgiven, in suggestions and in results", async ({ page, where }) => {
  await page.goto(where.portals.meppen);
  const box = page.getByRole("combobox", search);
  await box.fill("sperrmul");
  await expect(page.getByRole("option", { name: "Sperrmüll abholen lassen" })).toBeVisible();
  await box.fill("hund anmeldn");
  await box.press("Enter");
  await arrivesAt(page, "Ergebnisse für „hund anmeldn“");
  await expect(results(page).first()).toHaveText(errands.dog.service);
});

test("a postal code of several municipalities leads to a question, and the answer decides who is competent", async ({
  page,
  where,
}) => {
  await page.goto(where.portals.meppen);
  await takeSuggestion(page, errands.dog.words, errands.dog.service);
  await expect(section(page, "Das können Sie jetzt tun")).toContainText("hängt von Ihrem Ort ab");
  await enterPlace(page, "49762");
  await expect(page.getByText("Zu „49762“ gehören mehrere Orte. Welcher ist Ihrer?")).toBeVisible();
  await inspect(page, "place-question");
  await page.getByRole("button", { name: "Sustrum", exact: true }).click();
  await expect(page.getByText("Für Sustrum")).toBeVisible();
  await expect(section(page, "Zuständige Stelle")).toContainText("im Portal Samtgemeinde Lathen");
});

test("an unknown place is answered with words, and others can be tried", async ({ page, where }) => {
  await page.goto(where.portals.meppen);
  await enterPlace(page, "00000");
  const field = page.getByRole("combobox", { name: "Ihr Ort" });
  await expect(field).toHaveAccessibleDescription(/„00000“ kennen wir nicht/);
  await expect(field).toHaveAttribute("aria-invalid", "true");
  await inspect(page, "place-unknown");
  await field.fill("meppen");
  await page.getByRole("option", { name: /^Meppen, Stadt/ }).click();
  await expect(page.getByText("Für Meppen, Stadt")).toBeVisible();
});

test("a life situation lists its services, and a search without a match says how to go on", async ({
  page,
  where,
}) => {
  await page.goto(where.portals.meppen);
  await page.getByRole("link", { name: "Abfall und Umwelt" }).click();
  await arrivesAt(page, "Abfall und Umwelt");
  await expect(content(page).getByRole("link", { name: "Sperrmüll abholen lassen" })).toBeVisible();
  await inspect(page, "life-situation");
  await page.goto(`${where.portals.meppen}/suche?q=qxzjwv`);
  await expect(content(page).getByText("Dazu haben wir nichts gefunden")).toBeVisible();
  await inspect(page, "results-none");
});
