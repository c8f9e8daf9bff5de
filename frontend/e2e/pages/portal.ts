import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { answerIn, type Scene } from "./mock";

const dist = join(import.meta.dirname, "../../dist");

const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
  ".txt": "text/plain",
};

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; font-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

const api = "/api/v1";

/** An invented portal on loopback: the built application as a portal sends it, and the answers of the scene that is played. */
export interface InventedPortal {
  address: string;
  play(scene: Scene): void;
  close(): void;
}

/** Starts an invented portal. */
export async function startPortal(): Promise<InventedPortal> {
  let scene: Scene = {};
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? "/", "http://localhost").pathname);
    if (!path.startsWith(`${api}/`)) {
      send(path, response);
      return;
    }
    const { status, type, body } = answerIn(scene, path.slice(api.length));
    response.writeHead(status, { "Content-Type": type, ETag: '"7"' }).end(body);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", resolve);
  });
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    play: (next) => (scene = next),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Sends a file of the build, precompressed, or the one page for every path that is none. */
function send(path: string, response: ServerResponse): void {
  const wanted = join(dist, path);
  const isFile = wanted.startsWith(dist) && existsSync(wanted) && statSync(wanted).isFile();
  const file = isFile ? wanted : join(dist, "index.html");
  const compressed = existsSync(`${file}.br`);
  response.writeHead(200, {
    "Content-Type": types[extname(file)] ?? "application/octet-stream",
    "Content-Security-Policy": policy,
    ...(path.startsWith("/assets/") && { "Cache-Control": "public, max-age=31536000, immutable" }),
    ...(compressed && { "Content-Encoding": "br" }),
  });
  createReadStream(compressed ? `${file}.br` : file).pipe(response);
}
