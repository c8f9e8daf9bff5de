// Puts the contract as pages into the build: /docs shows openapi.yaml with Swagger UI, all of it served from the portal itself.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const frontend = join(dirname(fileURLToPath(import.meta.url)), "..");
const target = join(frontend, "dist", "docs");
const ui = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));

mkdirSync(target, { recursive: true });
for (const file of ["swagger-ui.css", "swagger-ui-bundle.js"])
  copyFileSync(join(ui, file), join(target, file));
copyFileSync(join(frontend, "..", "openapi.yaml"), join(target, "openapi.yaml"));
for (const file of ["index.html", "docs.js", "docs.css"]) {
  writeFileSync(join(target, file), readFileSync(join(frontend, "docs", file)));
}
