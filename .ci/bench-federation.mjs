// npm run bench:federation: an association of 100 portals on this machine; the last line is the figures as JSON.
import { spawnSync } from "node:child_process";
import { bin, buildPrograms, checkTools, installPackages, must, program, run, say, top } from "./steps.mjs";

say("Portalverbund: an association on this machine");
checkTools();
await installPackages();
await buildPrograms();
await must("go", ["build", "-o", bin + "/", "./server/bench"]);
if (process.argv.includes("--simulate"))
  process.exit(
    await run(program("bench"), ["federation", ...process.argv.slice(2)]),
  );
say("Messages from one portal to another, on databases that write through …");
const args = [
  "test",
  "./server/federation",
  "-run",
  "^$",
  "-bench",
  "BenchmarkMessages$",
  "-benchtime",
  "2000x",
];
const messages = spawnSync("go", args, { cwd: top, encoding: "utf8" });
const found = /([\d.]+) messages\/s/.exec(messages.stdout);
if (!found) console.error(messages.stdout + messages.stderr);
process.exit(
  await run(program("bench"), [
    "federation",
    ...(found ? ["--messages", found[1]] : []),
    ...process.argv.slice(2),
  ]),
);
