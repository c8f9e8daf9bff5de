import { answered } from "../support/drafts";
import { receiptNumber, submitButton } from "../support/errands";
import { inspect } from "../support/inspect";
import { arrivesAt, content, fact, section, shows } from "../support/pages";
import { citizenAt, enterPassword } from "../support/people";
import { expect, test } from "../support/test";

test("an administrator tries the connection to a provider, replaces its secret, and delivers again", async ({
  page: admin,
  where,
  complaints,
}) => {
  complaints.expect(/status of 422.*admin\/providers/);
  const account = where.accounts.landkreis.find(({ Email }) => Email.startsWith("amt@"));
  if (!account) throw new Error("no administrator");
  await admin.goto(`${where.portals.landkreis}/verwaltung/anbieter`);
  await shows(admin, "Anmelden für Beschäftigte");
  await enterPassword(admin, { email: account.Email, password: account.Password });
  await shows(admin, "Anbieter");
  await inspect(admin, "providers");
  await content(admin)
    .getByRole("link", { name: /Entsorgung/ })
    .click();
  await arrivesAt(admin, /Entsorgung/);

  const sendTest = async () => {
    await admin.getByRole("button", { name: "Probelieferung senden" }).click();
    await expect(section(admin, "Verbindung prüfen")).toContainText(
      "Der Anbieter hat die Probelieferung angenommen.",
      { timeout: 60_000 },
    );
  };
  const deliveries = section(admin, "Lieferungen").locator(".pv-list > li");
  await sendTest();
  await expect(deliveries.first()).toContainText("Beim Anbieter");
  await expect(fact(content(admin), "Lieferungen")).toContainText(/^0 warten, [1-9]/);
  await inspect(admin, "provider");

  await test.step("an address of a network that is not public is refused at its field", async () => {
    const address = admin.getByLabel("Adresse für Lieferungen");
    const former = await address.inputValue();
    await address.fill("https://169.254.169.254/webhooks");
    await admin.getByRole("button", { name: "Adresse speichern" }).click();
    await expect(address).toHaveAttribute("aria-invalid", "true");
    await inspect(admin, "provider-address");
    await admin.reload();
    await expect(address).toHaveValue(former);
  });

  await test.step("a new secret is shown once, and what is delivered still arrives", async () => {
    await admin.getByRole("button", { name: "Neues Geheimnis erzeugen" }).click();
    await admin.getByRole("dialog").getByRole("button", { name: "Neues Geheimnis erzeugen" }).click();
    const secret = await admin.locator("[data-secret]").innerText();
    expect(secret).toMatch(/^whsec_\S{30,}$/);
    await sendTest();
    await admin.reload();
    await expect(content(admin)).toContainText("Früheres Geheimnis gilt bis");
    expect(await content(admin).innerText()).not.toContain(secret);
  });

  await test.step("a delivery goes out again under the same number, and arrives", async () => {
    const attempts = deliveries.first().locator("dl > div").filter({ hasText: "Versuche" }).locator("dd");
    const number = await deliveries.first().locator(".pv-number").innerText();
    await deliveries.first().getByRole("button", { name: "Erneut liefern" }).click();
    await admin.getByRole("dialog").getByRole("button", { name: "Erneut liefern" }).click();
    await expect(admin.getByText(`${number} wird erneut geliefert.`)).toBeAttached();
    await expect(async () => {
      await admin.reload();
      await expect(deliveries.first()).toContainText("Beim Anbieter", { timeout: 3_000 });
      await expect(attempts).toHaveText("2", { timeout: 3_000 });
    }).toPass({ timeout: 60_000 });
    await expect(deliveries.first()).toContainText(number);
  });
});

test("Lathen hands applications over by FIT-Connect and by encrypted mail, and its administrator sees both", async ({
  page,
  anotherPerson,
  where,
}) => {
  const citizen = await citizenAt(page, "lathen", "Gesa");
  const apply = async (service: "business" | "dogInLathen") => {
    await answered(page, service, citizen);
    await submitButton(page).click();
    return receiptNumber(page);
  };
  const numbers = { "FIT-Connect": await apply("business"), Kämmerei: await apply("dogInLathen") };
  const admin = await anotherPerson();
  const account = where.accounts.lathen.find(({ Email }) => Email.startsWith("amt@"));
  if (!account) throw new Error("no administrator");
  await admin.goto(`${where.portals.lathen}/verwaltung/anbieter`);
  await enterPassword(admin, { email: account.Email, password: account.Password });
  await shows(admin, "Anbieter");
  for (const [provider, number] of Object.entries(numbers)) {
    await admin.goto(`${where.portals.lathen}/verwaltung/anbieter`);
    await content(admin)
      .getByRole("link", { name: new RegExp(provider) })
      .click();
    await arrivesAt(admin, new RegExp(provider));
    const delivery = section(admin, "Lieferungen").locator(".pv-list > li").filter({ hasText: number });
    await expect(async () => {
      await admin.reload();
      await expect(delivery).toContainText(/Abgeschlossen|Gesendet/, { timeout: 3_000 });
    }).toPass({ timeout: 60_000 });
  }
});
