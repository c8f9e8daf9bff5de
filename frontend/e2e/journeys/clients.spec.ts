import type { Page } from "@playwright/test";
import * as jose from "jose";
import * as client from "openid-client";
import { inspect } from "../support/inspect";
import { content, section, shows } from "../support/pages";
import { citizenAt, enterPassword } from "../support/people";
import { apache as prepareApache, openWebsite } from "../support/relying";
import { expect, test } from "../support/test";
import { association } from "../support/association";

/** Signs an administrator of the account home in, and shows the applications. */
async function administrator(page: Page): Promise<void> {
  const { portals, accounts } = association();
  const account = accounts.landkreis.find(({ Email }) => Email.startsWith("amt@"));
  if (!account) throw new Error("no administrator");
  await page.goto(`${portals.landkreis}/verwaltung/anwendungen`);
  await shows(page, "Anmelden für Beschäftigte");
  await enterPassword(page, { email: account.Email, password: account.Password });
  await shows(page, "Anwendungen");
}

interface Registered {
  id: string;
  secret: string;
}

/** Fills in what every website needs, and registers it. */
async function registerWebsite(
  page: Page,
  name: string,
  addresses: { redirect: string; afterLogout?: string; logout?: string },
): Promise<Registered> {
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("Wofür die Anwendung da ist", { exact: true }).fill("Ihre Ausleihen");
  await page.getByLabel("Rückkehradressen nach der Anmeldung").fill(addresses.redirect);
  await page.getByLabel(/^Rückkehradressen nach der Abmeldung/).fill(addresses.afterLogout ?? "");
  await page.getByLabel(/^Adresse für Abmeldungen/).fill(addresses.logout ?? "");
  await page.getByLabel("Angemeldet bleiben (offline_access)").check();
  await page.getByRole("button", { name: "Eintragen", exact: true }).click();
  await shows(page, `${name} ist eingetragen`);
  return {
    id: await page.locator("[data-client-id]").innerText(),
    secret: await page.locator("[data-secret]").innerText(),
  };
}

/** An authorization request of openid-client, and what answers to it must fit. */
async function begin(config: client.Configuration, redirect: string, more: Record<string, string> = {}) {
  const verifier = client.randomPKCECodeVerifier();
  const state = client.randomState();
  const nonce = client.randomNonce();
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: redirect,
    scope: "openid profile offline_access",
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    nonce,
    ...more,
  });
  const checks = {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: nonce,
    idTokenExpected: true,
  };
  return { url: url.href, checks };
}

const insecure = { execute: [client.allowInsecureRequests] };

test("an administrator registers a website, is told what is wrong with it, and tests its addresses", async ({
  page: admin,
  complaints,
}) => {
  const website = await openWebsite();
  complaints.expect(/status of 422.*admin\/clients/);
  const redirect = `${website.origin}/zurueck`;
  await administrator(admin);
  await inspect(admin, "clients");
  await admin.getByRole("link", { name: "Anwendung eintragen" }).click();
  await shows(admin, "Anwendung eintragen");
  await inspect(admin, "client-new");
  await admin.getByLabel("Name", { exact: true }).fill("Stadtbibliothek");
  await admin.getByLabel("Wofür die Anwendung da ist", { exact: true }).fill("Ihre Ausleihen");
  await admin.getByLabel("Rückkehradressen nach der Anmeldung").fill("http://bibliothek.example/zurueck");
  await admin.getByRole("button", { name: "Eintragen", exact: true }).click();
  await expect(admin.getByRole("link", { name: /^Zeile 1: .*https/ })).toBeVisible();
  await inspect(admin, "client-errors");
  const registered = await registerWebsite(admin, "Stadtbibliothek", {
    redirect,
    afterLogout: `${website.origin}/`,
    logout: `${website.origin}/abmeldung`,
  });
  await inspect(admin, "client-made");
  await admin.getByRole("link", { name: "Zur Anwendung" }).click();
  await shows(admin, "Stadtbibliothek");
  await admin.getByRole("button", { name: "Jetzt prüfen" }).click();
  await expect(
    section(admin, "Prüfen").getByText("was kein Abmelde-Token ist, wird abgelehnt"),
  ).toBeVisible();
  await inspect(admin, "client");
  expect(await content(admin).innerText()).not.toContain(registered.secret);
  website.end();
});

test("a registered website signs people in with openid-client, and learns when they sign out", async ({
  page,
  where,
  anotherPerson,
  complaints,
}) => {
  const { landkreis, meppen, lathen } = where.portals;
  const website = await openWebsite();
  complaints.expect(new RegExp(`request to ${website.origin}`));
  const redirect = `${website.origin}/zurueck`;
  const admin = await anotherPerson();
  await administrator(admin);
  await admin.getByRole("link", { name: "Anwendung eintragen" }).click();
  const registered = await registerWebsite(admin, "Stadtbibliothek", {
    redirect,
    afterLogout: `${website.origin}/`,
    logout: `${website.origin}/abmeldung`,
  });
  const config = await client.discovery(
    new URL(landkreis),
    registered.id,
    registered.secret,
    undefined,
    insecure,
  );
  const person = await citizenAt(page, "meppen", "Bibi");
  await page.goto(`${lathen}/api/v1/signin/start?returnTo=%2F`, { waitUntil: "commit" });
  await page.waitForURL(`${lathen}/`); // no second password
  const first = await begin(config, redirect);
  await page.goto(first.url);
  await shows(page, "Stadtbibliothek bittet um Ihre Einwilligung");
  await expect(page.getByText("Ihre Ausleihen")).toBeVisible();
  await inspect(page, "client-consent");
  await page.getByRole("button", { name: "Einwilligen und weiter" }).click();
  await page.waitForURL(`${redirect}?**`);
  const tokens = await client.authorizationCodeGrant(config, new URL(page.url()), first.checks);
  const claims = tokens.claims();
  if (!claims || !tokens.refresh_token) throw new Error("no ID token, or no refresh token");
  expect(claims["acr"]).toBe("low");
  expect(claims["amr"]).toEqual(["pwd"]);
  const info = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
  expect(info.name).toBe(`${person.givenName} ${person.familyName}`);
  expect(info.email).toBeUndefined();
  await expect(
    client.authorizationCodeGrant(config, new URL(page.url()), first.checks),
    "a code that is used again",
  ).rejects.toThrow();

  const again = await begin(config, redirect, { prompt: "none" });
  await page.goto(again.url);
  await page.waitForURL(`${redirect}?**`);
  const silent = await client.authorizationCodeGrant(config, new URL(page.url()), again.checks);
  const refreshed = await client.refreshTokenGrant(config, silent.refresh_token ?? "");
  expect(refreshed.refresh_token).not.toBe(silent.refresh_token);
  expect((await client.tokenIntrospection(config, refreshed.access_token)).active).toBe(true);
  await client.tokenRevocation(config, refreshed.refresh_token ?? "");
  expect((await client.tokenIntrospection(config, refreshed.access_token)).active).toBe(false);
  const fresh = await begin(config, redirect, { prompt: "login" });
  await page.goto(fresh.url);
  await shows(page, "Anmelden für Stadtbibliothek");

  const stranger = await anotherPerson();
  const nobody = await begin(config, redirect, { prompt: "none" });
  await stranger.goto(nobody.url);
  await stranger.waitForURL(`${redirect}?**`);
  await expect(
    client.authorizationCodeGrant(config, new URL(stranger.url()), nobody.checks),
  ).rejects.toMatchObject({ error: "login_required" });

  await page.goto(meppen);
  await page.getByRole("button", { name: "Abmelden", exact: true }).click();
  await expect(page.getByRole("link", { name: "Anmelden", exact: true })).toBeVisible();
  const keys = jose.createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri ?? ""));
  const logout = await jose.jwtVerify(await website.loggedOut(), keys, {
    issuer: landkreis,
    audience: registered.id,
    typ: "logout+jwt",
  });
  expect(logout.payload["sid"]).toBe(silent.claims()?.["sid"]);
  expect(logout.payload.sub).toBe(claims.sub);
  await expect(async () => {
    await page.goto(lathen);
    await expect(page.getByRole("link", { name: "Anmelden", exact: true })).toBeVisible({ timeout: 3_000 });
  }).toPass({ timeout: 30_000 });
  website.end();
});

test("an application with keys of its own proves itself by them, has its tokens bound to one, and signs a person out everywhere", async ({
  page,
  where,
  anotherPerson,
  complaints,
}) => {
  const { landkreis } = where.portals;
  const website = await openWebsite();
  complaints.expect(new RegExp(`request to ${website.origin}`));
  const redirect = `${website.origin}/zurueck`;
  const admin = await anotherPerson();
  await administrator(admin);
  await admin.getByRole("link", { name: "Anwendung eintragen" }).click();
  const registered = await registerWebsite(admin, "Volkshochschule", {
    redirect,
    afterLogout: `${website.origin}/`,
  });
  await admin.getByRole("link", { name: "Zur Anwendung" }).click();
  const { publicKey, privateKey } = await jose.generateKeyPair("ES256", { extractable: true });
  const jwk = { ...(await jose.exportJWK(publicKey)), kid: "eins", use: "sig", alg: "ES256" };
  await admin.getByLabel("Mit eigenen Schlüsseln (private_key_jwt)").check();
  await admin.getByLabel(/^Öffentliche Schlüssel/).fill(JSON.stringify({ keys: [jwk] }));
  await admin.getByRole("button", { name: "Änderungen speichern" }).click();
  await expect(section(admin, "Geheimnisse")).toHaveCount(0);

  const byKey = client.PrivateKeyJwt({ key: privateKey, kid: "eins" });
  const config = await client.discovery(new URL(landkreis), registered.id, undefined, byKey, insecure);
  await citizenAt(page, "landkreis", "Volker");
  const request = await begin(config, redirect);
  await page.goto(request.url);
  await page.getByRole("button", { name: "Einwilligen und weiter" }).click();
  await page.waitForURL(`${redirect}?**`);
  const pair = await client.randomDPoPKeyPair("ES256");
  const bound = { DPoP: client.getDPoPHandle(config, pair) };
  const back = new URL(page.url());
  const tokens = await client.authorizationCodeGrant(config, back, request.checks, undefined, bound);
  expect(tokens.token_type).toBe("dpop");
  const subject = tokens.claims()?.sub ?? "";
  const about = await client.fetchUserInfo(config, tokens.access_token, subject, bound);
  expect(about.given_name).toBe("Volker");
  const thief = { DPoP: client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256")) };
  for (const [name, options] of Object.entries({ alone: undefined, "with another key": thief }))
    await expect(
      client.fetchUserInfo(config, tokens.access_token, subject, options),
      `a bound token ${name}`,
    ).rejects.toMatchObject({ status: 401 });
  const bySecret = await client.discovery(
    new URL(landkreis),
    registered.id,
    registered.secret,
    undefined,
    insecure,
  );
  await expect(
    client.refreshTokenGrant(bySecret, tokens.refresh_token ?? ""),
    "the secret of before",
  ).rejects.toMatchObject({ status: 401 });
  const end = client.buildEndSessionUrl(config, {
    id_token_hint: tokens.id_token ?? "",
    post_logout_redirect_uri: `${website.origin}/`,
    state: "zustand",
  });
  await page.goto(end.href);
  await page.waitForURL(`${website.origin}/?state=zustand`);
  await page.goto(landkreis);
  await expect(page.getByRole("link", { name: "Anmelden", exact: true })).toBeVisible();
  await expect(
    client.refreshTokenGrant(config, tokens.refresh_token ?? "", undefined, bound),
  ).rejects.toMatchObject({ error: "invalid_grant" });
  website.end();
});

const program = process.env["APACHE"];

test("Apache with mod_auth_openidc guards the provider's page, with the portal's accounts", async ({
  page,
  where,
  anotherPerson,
  complaints,
}) => {
  test.skip(
    program === undefined,
    "needs apache2 and libapache2-mod-auth-openidc, which only root can install",
  );
  const server = await prepareApache(program ?? "");
  complaints.expect(new RegExp(`request to ${server.origin}`), /favicon/);
  const admin = await anotherPerson();
  await administrator(admin);
  await admin.getByRole("link", { name: "Anwendung eintragen" }).click();
  const { id, secret } = await registerWebsite(admin, "Entsorger hinter Apache", {
    redirect: server.redirectUri,
  });
  try {
    await server.start({ issuer: where.portals.landkreis, id, secret, page: where.provider });
    await citizenAt(page, "landkreis", "Apollonia");
    await page.goto(`${server.origin}/meine-abholungen`);
    await shows(page, "Entsorger hinter Apache bittet um Ihre Einwilligung");
    await page.getByRole("button", { name: "Einwilligen und weiter" }).click();
    await page.waitForURL(`${server.origin}/meine-abholungen`);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(/Abholungen/);
    const stranger = await anotherPerson();
    await stranger.goto(`${server.origin}/meine-abholungen`);
    await shows(stranger, "Anmelden für Entsorger hinter Apache");
  } finally {
    await server.end();
  }
});
