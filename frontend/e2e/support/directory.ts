import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { top } from "./program";

/** Units of the county, and the groups of the directory that work for them. */
const groups = {
  "amt-zulassung": ["clerk@be577480-4a12-43b3-b576-1a56ad2fdb37"],
  "amt-fahrerlaubnis": ["clerk@ad6cacf7-fa48-48b2-8f1b-e0a4ea448306"],
};

/** The directory of the county's staff: an OpenID Provider that nobody here wrote, in a process of its own. */
export class Directory {
  readonly address: string;
  /** What the county is told of it. */
  readonly file: string;
  #process: ChildProcess;

  private constructor(process: ChildProcess, address: string, file: string) {
    this.#process = process;
    this.address = address;
    this.file = file;
  }

  /** Starts it, and writes the file with its entry. */
  static async start(file: string): Promise<Directory> {
    const script = join(top, "server/identity/testdata/openid-provider.mjs");
    const child = spawn(process.execPath, ["--no-deprecation", script, "/identity/verzeichnis/callback"], {
      cwd: top,
      stdio: ["pipe", "pipe", "ignore"],
    });
    const [address] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
    const entry = {
      id: "verzeichnis",
      kind: "oidc",
      name: { de: "Verzeichnis des Landkreises", en: "Directory of the county" },
      issuer: address,
      clientId: "portal",
      clientSecret: "ein langes Geheimnis: mit+Zeichen",
      staff: { roles: groups },
    };
    writeFileSync(file, JSON.stringify({ providers: [entry] }));
    return new Directory(child, address, file);
  }

  /** Ends it: it ends with its input. */
  end(): void {
    this.#process.stdin?.end();
  }
}
