import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { program, top } from "./program";

const startTimeout = 180_000;

/** A portal beside the association, as `npm run portal` starts it. */
export interface Newcomer {
  /** Where its administrator joins an association, and their account, as the program prints them. */
  joinAt: string;
  account: { email: string; password: string };
  /** Somebody with a citizen's account there. */
  citizen: { email: string; password: string };
  url: string;
  /** Ends it as Ctrl-C does. */
  end: () => Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Starts a portal that belongs to nothing yet. */
export async function startNewcomer(name: string, ars: string): Promise<Newcomer> {
  const data = mkdtempSync(join(tmpdir(), "portalverbund-newcomer-"));
  chmodSync(data, 0o755); // the database's user must pass through it
  const url = `http://localhost:${await freePort()}`;
  const spa = join(top, "frontend", "dist");
  const running = spawn(
    program(),
    ["portal", "--name", name, "--ars", ars, "--port", new URL(url).port, "--data", data, "--spa", spa],
    { cwd: top },
  );
  const end = async () => {
    if (running.exitCode === null && running.signalCode === null) {
      const ended = once(running, "exit");
      running.kill("SIGINT");
      await ended;
    }
    rmSync(data, { recursive: true, force: true });
  };
  const printed: string[] = [];
  const signal = AbortSignal.timeout(startTimeout);
  try {
    running.stderr.on("data", (part: Buffer) => printed.push(part.toString()));
    for await (const line of createInterface({ input: running.stdout, signal })) {
      printed.push(line);
      const said = /Join an association: (\S+) +\((\S+), (\S+)\)/.exec(line);
      if (said === null) continue;
      const [, joinAt = "", email = "", password = ""] = said;
      running.stdout.resume();
      await answers(`${url}/readyz`, signal);
      return {
        joinAt,
        account: { email, password },
        citizen: { email: "buergerin@portal.example", password },
        url,
        end,
      };
    }
    throw new Error(`the portal has ended:\n${printed.join("\n")}`);
  } catch (error) {
    await end();
    throw error;
  }
}

async function answers(address: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const ok = await fetch(address).then(
      (response) => response.ok,
      () => false,
    );
    if (ok) return;
    await new Promise((next) => {
      setTimeout(next, 200);
    });
  }
}
