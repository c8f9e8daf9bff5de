// npm run test:faults [-- --runs N]: linked portals, each with a PostgreSQL of its own, on links on which everything happens
// that can, and payments to which everything happens; the last line is the figures as JSON. `npm test` makes one short run of it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { faultFigures } from "./figures.mjs";
import { checkTools, fail, installPackages, run, say } from "./steps.mjs";

const at = process.argv.indexOf("--runs");
const runs = at < 0 ? 3 : Number(process.argv[at + 1]);
if (!Number.isInteger(runs) || runs < 1) fail("--runs wants a number, such as --runs 10");

checkTools();
await installPackages();
say(
  `${runs} runs of 40 faults and a week's outage each: servers and databases killed, links broken, clocks wrong …`,
);
const folder = mkdtempSync(join(tmpdir(), "portalverbund-faults-"));
const counted = faultFigures(folder);
const code = await run(
  "go",
  ["test", "./server/demo", "-run", "TestFaults", "-count", "1", "-timeout", `${10 + runs * 10}m`, "-v"],
  {
    env: { ...process.env, PORTALVERBUND_FAULT_RUNS: String(runs), ...counted.env },
  },
);
const histories = 10_000;
say(`${histories} histories of payments: people, provider, jobs, crashes and the clock in any order …`);
const paid = await run(
  "go",
  ["test", "./server/payments", "-run", "TestHistories", "-count", "1", "-timeout", "120m", "-v"],
  { env: { ...process.env, PORTALVERBUND_PAYMENT_HISTORIES: String(histories), ...counted.env } },
);
const payments = 1_000;
say(`${payments} payments, while portals, database and payment service are killed at random …`);
const survived = await run(
  "go",
  ["test", "./server/demo", "-run", "TestAnyProcessKilledAtAnyPoint/NoCentIsLostOrDoubled", "-count", "1", "-timeout", "180m", "-v"],
  { env: { ...process.env, PORTALVERBUND_KILLED_PAYMENTS: String(payments), ...counted.env } },
);
const submissions = 10_000;
say(`${submissions} applications with a file each, while portals, database and provider are killed at random …`);
const arrived = await run(
  "go",
  ["test", "./server/demo", "-run", "TestAnyProcessKilledAtAnyPoint/ApplicationsArriveOnce", "-count", "1", "-timeout", "180m", "-v"],
  { env: { ...process.env, PORTALVERBUND_KILLED_SUBMISSIONS: String(submissions), ...counted.env } },
);
let figures;
try {
  figures = JSON.stringify(counted.read());
} catch {
  fail("There are no figures: the test did not get to its end.");
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(figures);
process.exit(code || paid || survived || arrived);
