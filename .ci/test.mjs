// npm test: sets up everything and runs every test. With a word it runs one part: go, unit or browser.
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { findBrowser } from './browser.mjs';
import { findApache, findClamAV, findPoppler } from './debian.mjs';
import { faultFigures } from './figures.mjs';
import { bin, buildPages, buildPrograms, checkTools, data, installPackages, must, say } from './steps.mjs';

const parts = process.argv.slice(2);
const wanted = (part) => parts.length === 0 || parts.includes(part);

checkTools();
await installPackages();
await buildPages();
await buildPrograms();
if (wanted('go')) {
  findClamAV();
  findPoppler();
  say('Go tests, on a PostgreSQL of their own …');
  const folder = join(data, 'figures'); // always the same, so that tests that have passed need not run again
  mkdirSync(folder, { recursive: true });
  const counted = faultFigures(folder);
  // Many tests wait for what comes by itself: a few more at a time than there are processors.
  const atOnce = availableParallelism() + 1;
  // Vetting is the linters' (.ci/lint.mjs). What takes longest begins first, so that nothing waits for it alone.
  const packages = ['./server/demo', './server/federation', './server/signin', './server/places', './...'];
  await must('go', ['test', '-vet=off', '-p', String(atOnce), '-parallel', String(2 * atOnce), ...packages], { env: { ...process.env, ...counted.env, PORTALVERBUND_BIN: bin } });
  say(`Counted by the tests with faults, in their short form: ${JSON.stringify(counted.readThere())}`);
}
if (wanted('unit')) {
  say('Tests of the pages (Vitest) …');
  await must('npm', ['run', '--silent', 'test:unit']);
}
if (wanted('browser')) {
  const browser = await findBrowser();
  say(`Journeys in a real browser (${browser}) on a demonstration association of their own …`);
  const apache = findApache();
  await must('npm', ['run', '--silent', 'test:e2e'], { env: { ...process.env, CHROMIUM: browser, ...(apache && { APACHE: apache }) } });
}
say('All tests have passed.');
