// Puts the contract as pages into the build: /docs shows openapi.yaml with Swagger UI, all of it served from the portal itself. /docs/guide is the
// guide for integrators.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { marked } from "marked";

const frontend = join(dirname(fileURLToPath(import.meta.url)), "..");
const target = join(frontend, "dist", "docs");
const ui = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));

mkdirSync(target, { recursive: true });
for (const file of ["swagger-ui.css", "swagger-ui-bundle.js"])
  copyFileSync(join(ui, file), join(target, file));
const top = join(frontend, "..");
copyFileSync(join(top, "openapi.yaml"), join(target, "openapi.yaml"));
copyFileSync(join(top, "api", "postman.json"), join(target, "postman.json"));
for (const file of ["index.html", "docs.js", "docs.css"]) {
  writeFileSync(join(target, file), readFileSync(join(frontend, "docs", file)));
}

const guide = marked
  .parse(readFileSync(join(top, "api", "GUIDE.md"), "utf8"), { mangle: false })
  .replaceAll("<pre>", '<pre tabindex="0">') // what is too wide is scrolled by keyboard, too
  .replaceAll("<table>", '<div class="wide" tabindex="0"><table>')
  .replaceAll("</table>", "</table></div>")
  .replaceAll('href="../openapi.yaml"', 'href="/docs/openapi.yaml"')
  .replaceAll('href="postman.json"', 'href="/docs/postman.json"');
mkdirSync(join(target, "guide"), { recursive: true });
const frame = readFileSync(join(frontend, "docs", "guide.html"), "utf8");
writeFileSync(
  join(target, "guide", "index.html"),
  frame.replace("<!-- guide -->", () => guide),
);
