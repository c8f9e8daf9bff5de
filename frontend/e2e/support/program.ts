import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";

/** The folder of the sources. */
export const top = resolve(import.meta.dirname, "../../..");

/** The program: where PORTALVERBUND_BIN says, else where `npm test` builds it, else built now. */
export function program(): string {
  const name = process.platform === "win32" ? "server.exe" : "server";
  const built = join(resolve(top, process.env["PORTAL_DATA"] ?? ".data"), "bin");
  const bin = process.env["PORTALVERBUND_BIN"] ?? built;
  if (!existsSync(join(bin, name))) {
    mkdirSync(bin, { recursive: true });
    execFileSync("go", ["build", "-o", `${bin}/`, "./server", "./server/standins/..."], {
      cwd: top,
      stdio: "inherit",
    });
  }
  return join(bin, name);
}
