import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FullConfig } from "@playwright/test";
import { environment } from "./association";
import { readable } from "./database";
import { top, program } from "./program";
import { Demonstration } from "./demonstration";
import { Directory } from "./directory";

/**
 * Starts the demonstration association on a folder of its own, for all tests of a run, and ends it after them: as Ctrl-C
 * does, and with an error unless it ends cleanly. Its logs are left beside the results of the tests.
 */
export default async function start(config: FullConfig): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), "portalverbund-e2e-"));
  chmodSync(folder, 0o755); // the database's user must pass through it
  const data = join(folder, "data");
  const directory = await Directory.start(join(folder, "identity.json"));
  const demonstration = new Demonstration(program(), data, pages(folder), top, directory.file);
  const control = commandsFor(demonstration);
  const end = async () => {
    control.close();
    control.closeAllConnections();
    directory.end();
    const columns = await readable(data, personalInDatabases).catch((error: unknown) => [String(error)]);
    try {
      await demonstration.end();
    } finally {
      keepLogs(data, config);
      rmSync(folder, { recursive: true, force: true });
    }
    const told = personalIn(logsOf(config));
    if (told.length > 0) throw new Error(`personal data in the logs:\n${told.join("\n")}`);
    const unsealed = columns.filter((column) => !mayBeRead.some((known) => known.test(column)));
    if (unsealed.length > 0)
      throw new Error(`personal data that can be read in databases:\n${unsealed.join("\n")}`);
  };
  try {
    process.env[environment.association] = JSON.stringify(await demonstration.started());
    process.env[environment.control] = await listen(control);
    process.env[environment.directory] = directory.address;
  } catch (error) {
    await end().catch(() => undefined); // the first error says more
    throw error;
  }
  return end;
}

/** A copy of the built pages, so that building them anew does not disturb a run. */
function pages(folder: string): string {
  const built = join(top, "frontend", "dist");
  if (!existsSync(join(built, "index.html"))) {
    execFileSync("npm", ["run", "--silent", "build"], {
      cwd: top,
      stdio: "inherit",
      shell: process.platform === "win32",
    });
  }
  const copy = join(folder, "pages");
  cpSync(built, copy, { recursive: true });
  return copy;
}

/** Lets the tests, which run in other processes, type commands: the body of a POST. */
function commandsFor(demonstration: Demonstration): Server {
  return createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      demonstration.command(Buffer.concat(parts).toString()).then(
        (answer) => response.end(answer),
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
    });
  });
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((done) => {
    server.listen(0, "127.0.0.1", done);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** What no log may hold: addresses, names and passwords of the people of all journeys (`people.ts`), and tokens. */
const personal = /mit-einer-langen-adresse|Muster\b|Beispielweg|Hinter dem Deich|eyJhbGci/;

/** The same, as PostgreSQL writes it. */
const personalInDatabases = "mit-einer-langen-adresse|Muster\\M|Beispielweg|Hinter dem Deich|eyJhbGci";

/** Columns in which people's data may stand readable, because they are searched or sorted by, or signed by a portal. All others are sealed. */
const mayBeRead = [
  /^(accounts|account_registrations)\.email$/, // by which somebody is found who signs in or confirms
  /^accesses\.(who_name|purpose_title)$/, // of whoever read or acted, in the log of the person whose data it is; goes with that account
  /^application_events\.name$/, // who acted for somebody; emptied when either account is deleted
  /^case_events\.name$/, // who acted, at the authority that decides
  /^cases\.(applicant_name|search)$/, // the clerks' inbox is searched and sorted by it
  /^(applications|federation_(inbox|log|outbox))\.receipt$/, // signatures of portals over hashes: no tokens
  /^(federation_log_head\.signature|federation_statements\.text)$/,
  /^(catalog_\w+|federation_feed|forms)\./, // published: an office lives in the street that people of the journeys do
];

/** The lines of logs that tell of a person, shortened. */
function personalIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".log"))
    .flatMap((name) =>
      readFileSync(join(folder, name), "utf8")
        .split("\n")
        .filter((line) => personal.test(line))
        .map((line) => `${name}: ${line.slice(0, 300)}`),
    );
}

const logsOf = (config: FullConfig): string =>
  join(config.projects[0]?.outputDir ?? join(top, "frontend", "test-results"), "logs");

function keepLogs(data: string, config: FullConfig): void {
  const kept = logsOf(config);
  rmSync(kept, { recursive: true, force: true });
  if (!existsSync(data)) return;
  cpSync(data, kept, {
    recursive: true,
    filter: (path) => path === data || /demo[^/\\]*([/\\]logs([/\\][^/\\]+\.log)?)?$/.test(path),
  });
}
