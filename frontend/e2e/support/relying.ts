import { spawn, type ChildProcess } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A website that signs people in with the portal: where browsers come back to, and what it is told of sign-outs. */
export interface Website {
  origin: string;
  /** Waits for a logout token. */
  loggedOut: () => Promise<string>;
  end: () => void;
}

async function body(request: IncomingMessage): Promise<URLSearchParams> {
  let text = "";
  for await (const part of request) text += String(part);
  return new URLSearchParams(text);
}

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** Opens a website. Its pages are empty: what they would do is done by the test, with a client library. */
export async function openWebsite(): Promise<Website> {
  const told = new EventEmitter();
  const first = once(told, "token") as Promise<[string]>;
  const server = createServer((request, response) => {
    void (async () => {
      const token = request.url === "/abmeldung" ? (await body(request)).get("logout_token") : null;
      if (request.url === "/abmeldung" && token?.split(".").length !== 3) {
        response.writeHead(400).end();
        return;
      }
      if (token) told.emit("token", token);
      response.setHeader("Content-Type", "text/html; charset=utf-8");
      response.end(
        '<!doctype html><html lang="de"><link rel="icon" href="data:,"><title>Bibliothek</title><h1>Bibliothek</h1>',
      );
    })();
  });
  const origin = `http://127.0.0.1:${await listening(server)}`;
  return {
    origin,
    loggedOut: async () => (await first)[0],
    end: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listening(server);
  server.close();
  return port;
}

/** Apache with mod_auth_openidc in front of a page, as an authority's IT would set it up. */
export interface Apache {
  origin: string;
  redirectUri: string;
  start: (client: { issuer: string; id: string; secret: string; page: string }) => Promise<void>;
  end: () => Promise<void>;
}

export async function apache(program: string): Promise<Apache> {
  const folder = mkdtempSync(join(tmpdir(), "portalverbund-apache-"));
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const redirectUri = `${origin}/oidc/zurueck`;
  let running: ChildProcess | undefined;
  const modules = [
    "mpm_event",
    "authn_core",
    "authz_core",
    "authz_user",
    "proxy",
    "proxy_http",
    "auth_openidc",
  ];
  return {
    origin,
    redirectUri,
    async start({ issuer, id, secret, page }) {
      const root = process.getuid?.() === 0;
      const configuration = [
        ...modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`),
        `ServerName 127.0.0.1`,
        `Listen 127.0.0.1:${port}`,
        `PidFile ${folder}/pid`,
        `DefaultRuntimeDir ${folder}`,
        `ErrorLog ${folder}/error.log`,
        ...(root ? ["User www-data", "Group www-data"] : []),
        `OIDCProviderMetadataURL ${issuer}/.well-known/openid-configuration`,
        `OIDCClientID ${id}`,
        `OIDCClientSecret ${secret}`,
        `OIDCProviderTokenEndpointAuth client_secret_basic`,
        `OIDCRedirectURI ${redirectUri}`,
        `OIDCScope "openid profile"`,
        `OIDCPKCEMethod S256`,
        `OIDCIDTokenSignedResponseAlg ES256`,
        `OIDCCryptoPassphrase ${"x".repeat(32)}`,
        `OIDCCacheShmEntrySizeMax 66065`,
        `<Location />`,
        `  AuthType openid-connect`,
        `  Require valid-user`,
        `</Location>`,
        `ProxyPass /oidc !`,
        `ProxyPass / ${page}/`,
      ].join("\n");
      writeFileSync(join(folder, "apache.conf"), configuration);
      const child = spawn(program, ["-f", join(folder, "apache.conf"), "-DFOREGROUND"], { stdio: "ignore" });
      running = child;
      for (let attempt = 0; attempt < 100; attempt++) {
        if (child.exitCode !== null)
          throw new Error(`Apache ended: ${readFileSync(join(folder, "error.log"), "utf8")}`);
        const answer = await fetch(origin, { redirect: "manual" }).catch(() => undefined);
        if (answer) return;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      throw new Error("Apache does not answer");
    },
    async end() {
      if (running?.exitCode === null) {
        const ended = once(running, "exit");
        running.kill("SIGTERM");
        await ended;
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
