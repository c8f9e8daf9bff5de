import { answered } from "../support/drafts";
import { arrival, inInbox, receiptNumber, submitButton } from "../support/errands";
import { inspect } from "../support/inspect";
import { pick, press, typeInto } from "../support/keyboard";
import { linkIn, mailTo } from "../support/mail";
import { content, fact, section, shows } from "../support/pages";
import { citizenAt, clerkAt } from "../support/people";
import { expect, test } from "../support/test";

const service = "Straßenfest und Sondernutzung öffentlicher Flächen";
const who = "Wer stellt den Antrag gemeinsam?";

test("neighbours apply for a street party together: invited, consented, changed, consented anew, submitted, decided", async ({
  page,
  anotherPerson,
  complaints,
  where,
}) => {
  test.setTimeout(400_000);
  const { meppen } = where.portals;
  const clara = await citizenAt(page, "meppen", "Clara");
  const other = await anotherPerson();
  const bernd = await citizenAt(other, "meppen", "Bernd");
  const person = section(page, who).getByRole("listitem");

  await test.step("Clara invites Bernd, and cannot submit without him", async () => {
    await answered(page, "streetPartyHere", clara);
    await press(page, page.getByRole("button", { name: "Person einladen" }));
    const dialog = page.getByRole("dialog", { name: "Person einladen" });
    await typeInto(page, dialog.getByLabel("Name der Person"), "Bernd von nebenan");
    await typeInto(page, dialog.getByLabel("E-Mail-Adresse"), bernd.email);
    await press(page, dialog.getByRole("button", { name: "Einladen", exact: true }));
    const link = page.getByRole("dialog", { name: "Einladung für Bernd von nebenan" });
    await expect(link.getByRole("img", { name: /QR-Code/ })).toBeVisible();
    await inspect(page, "together-link");
    await press(page, link.getByRole("button", { name: "Schließen" }).last());
    await expect(person).toContainText("Eingeladen");
    complaints.expect(/status of 409/);
    await press(page, submitButton(page));
    await expect(section(page, who)).toContainText("Es fehlen noch Zustimmungen.");
    await expect(page.getByRole("heading", { name: who })).toBeFocused();
    await inspect(page, "together-missing");
  });

  await test.step("Bernd accepts, reads and consents", async () => {
    await other.goto(
      linkIn(await mailTo(other.request, bernd.email, /lädt Sie zu einem gemeinsamen Antrag ein/)),
    );
    await shows(other, "Einladung zu einem gemeinsamen Antrag");
    await expect(other).toHaveURL(/einladung$/); // the token is out of the address
    await expect(content(other)).toContainText("Clara Muster möchte mit Ihnen einen Antrag stellen");
    await press(other, other.getByRole("button", { name: "Annehmen und Antrag lesen" }));
    await shows(other, service);
    await expect(content(other)).toContainText("Sommerfest Beispielstraße");
    await inspect(other, "together-read");
    await press(other, other.getByRole("button", { name: "Zustimmen", exact: true }));
    await expect(other.getByRole("heading", { name: "Sie haben zugestimmt" })).toBeVisible();
    await expect(other.getByRole("heading", { name: "Ihre Zustimmung" })).toBeFocused();
    await expect(person).toContainText("Hat zugestimmt");
    await expect(person).toContainText("Bernd Muster");
  });

  await test.step("Clara changes an answer: Bernd is told, and consents anew", async () => {
    const review = page.url();
    await page.goto(review.replace("schritt=pruefen", "schritt=use"));
    await page.getByLabel("Bezeichnung").fill("Straßenfest am Ufer");
    await expect(page.getByRole("status").filter({ hasText: "Gespeichert" })).toBeVisible();
    await expect(other.getByRole("heading", { name: "Der Antrag wurde geändert" })).toBeVisible();
    await mailTo(other.request, bernd.email, /Neue Nachricht in Ihrem Postfach/);
    await expect(content(other)).toContainText("Straßenfest am Ufer");
    await inspect(other, "together-lapsed");
    await page.goto(review);
    await expect(person).toContainText("Muss neu zustimmen");
    await press(other, other.getByRole("button", { name: "Zustimmen", exact: true }));
    await expect(other.getByRole("heading", { name: "Sie haben zugestimmt" })).toBeVisible();
    await expect(person).toContainText("Hat zugestimmt");
  });

  await press(page, submitButton(page));
  const number = await receiptNumber(page);
  await expect(fact(page, "Gemeinsam mit")).toContainText("Bernd Muster, zugestimmt am");
  await arrival(page);

  await test.step("the clerk sees both, and decides", async () => {
    const clerk = await anotherPerson();
    await clerkAt(clerk, "meppen");
    await (await inInbox(clerk, number)).getByRole("link").first().click();
    await shows(clerk, `${service}: Clara Muster`);
    await expect(fact(clerk, "Gemeinsam mit")).toContainText("Bernd Muster, zugestimmt am");
    await inspect(clerk, "together-case");
    const reason = clerk.getByLabel("Begründung und Hinweise");
    await clerk.route("**/api/v1/cases/*/start", async (route) => {
      const response = await route.fetch();
      await expect(reason).toHaveValue("Die Straße ist gesperrt."); // who is faster than the portal loses nothing
      await route.fulfill({ response });
    });
    await clerk.getByRole("button", { name: "In Bearbeitung nehmen" }).click();
    await clerk.getByRole("button", { name: "Entscheiden" }).click();
    await pick(clerk, "Entscheidung", "Bewilligen");
    await reason.fill("Die Straße ist gesperrt.");
    await expect(
      clerk.getByRole("status").filter({ hasText: "Der Vorgang ist in Bearbeitung." }),
    ).toBeVisible();
    await expect(reason).toHaveValue("Die Straße ist gesperrt.");
    await expect(reason).toBeFocused();
    await clerk.getByRole("button", { name: "Entscheidung senden" }).click();
    await expect(clerk.getByRole("heading", { name: "Erledigt" })).toBeVisible();
  });

  await test.step("Bernd finds the decision in his list and in his mailbox", async () => {
    await other.goto(`${meppen}/antraege`);
    await content(other).getByRole("link", { name: service }).click();
    await expect(content(other).getByRole("heading", { name: /hat Ihren Antrag bewilligt/ })).toBeVisible();
    await expect(fact(other, "Ausgefüllt von")).toHaveText("Clara Muster");
    await inspect(other, "together-granted");
    await expect(async () => {
      await other.goto(`${meppen}/postfach`);
      await expect(content(other).getByText(/Entscheidung: Ihr Antrag ist bewilligt/)).toBeVisible({
        timeout: 3_000,
      });
    }).toPass();
  });
});
