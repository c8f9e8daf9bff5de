// Writes a .br and a .gz beside every text file of the build, so that the server can send them as they are,
// and prints what a first visit loads.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const dist = new URL("../dist/", import.meta.url).pathname;
const textTypes = new Set([".js", ".css", ".svg", ".html", ".json", ".txt", ".webmanifest"]);
const smallest = 256;

const brotliSize = new Map();
for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !textTypes.has(extname(entry.name))) continue;
  const file = join(entry.parentPath, entry.name);
  const content = readFileSync(file);
  if (content.length < smallest) continue;
  const brotli = brotliCompressSync(content, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    },
  });
  writeFileSync(`${file}.br`, brotli);
  writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
  brotliSize.set(file.slice(dist.length), brotli.length);
}

const html = readFileSync(join(dist, "index.html"), "utf8");
const entryFiles = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map((match) => match[1]);
const kilobytes = (extension) =>
  entryFiles
    .filter((file) => file.endsWith(extension))
    .reduce((sum, file) => sum + (brotliSize.get(file) ?? 0), 0) / 1000;
console.log(
  `entry as sent (brotli): ${kilobytes(".js").toFixed(1)} kB JavaScript, ${kilobytes(".css").toFixed(1)} kB CSS`,
);
