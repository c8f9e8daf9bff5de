import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, chmod } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where a running demonstration is, as the program writes it into its data folder. */
export interface Addresses {
  portals: { landkreis: string; meppen: string; lathen: string };
  provider: string;
  mail: string;
  accounts: Record<string, { Email: string; Password: string }[]>;
  providerPassword: string;
}

const top = join(import.meta.dirname, "../../..");
const data = process.env["PORTAL_DATA"] ?? join(top, ".data");
const bin = process.env["PORTALVERBUND_BIN"] ?? join(data, "bin");
const program = join(bin, process.platform === "win32" ? "server.exe" : "server");

/** A demonstration association that runs for one test file, on a folder and ports of its own. */
export class Association {
  readonly addresses: Addresses;
  #process: ChildProcess;
  #folder: string;
  #output: () => string;

  private constructor(process: ChildProcess, folder: string, addresses: Addresses, output: () => string) {
    this.#process = process;
    this.#folder = folder;
    this.addresses = addresses;
    this.#output = output;
  }

  /** Starts the association and waits until it says that it is running. */
  static async start(): Promise<Association> {
    if (!existsSync(program)) {
      throw new Error(
        `${program} is not there: build it with "npm test", or name its folder in PORTALVERBUND_BIN`,
      );
    }
    const folder = await mkdtemp(join(tmpdir(), "portalverbund-journey-"));
    // As root the database runs as another user, who must be able to pass.
    await chmod(folder, 0o755);
    const started = spawn(program, ["demo", "--data", folder, "--spa", join(top, "frontend/dist")], {
      cwd: top,
      stdio: ["pipe", "pipe", "pipe"],
    });
    let output = "";
    started.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    await new Promise<void>((resolve, reject) => {
      started.stdout.on("data", (chunk: Buffer) => {
        output += chunk.toString();
        if (output.includes("is running.")) resolve();
      });
      started.on("exit", (code) => reject(new Error(`the demonstration ended with ${code}:\n${output}`)));
      started.on("error", reject);
    });
    const addresses = JSON.parse(await readFile(join(folder, "association.json"), "utf8")) as Addresses;
    return new Association(started, folder, addresses, () => output);
  }

  /** Gives a command as a person would type it, and waits until its words stand in the answer. */
  async command(text: string, answer: RegExp): Promise<void> {
    const before = this.#output().length;
    const answered = new Promise<void>((resolve) => {
      const look = () => {
        if (!answer.test(this.#output().slice(before))) return;
        this.#process.stdout?.off("data", look);
        resolve();
      };
      this.#process.stdout?.on("data", look);
    });
    this.#process.stdin?.write(`${text}\n`);
    await answered;
  }

  /** Ends the association and removes its folder. */
  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.kill("SIGTERM");
    await ended;
    await rm(this.#folder, { recursive: true, force: true });
  }
}
