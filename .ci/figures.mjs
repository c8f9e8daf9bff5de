// What the tests with faults have counted: each writes a file that its variable names.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const variables = [
  'PORTALVERBUND_FIGURES',
  'PORTALVERBUND_PAYMENT_FIGURES',
  'PORTALVERBUND_KILL_FIGURES',
  'PORTALVERBUND_SUBMISSION_FIGURES',
];

/** The variables for a folder; what was counted by all, which throws when a test did not get to its end; and what is there. */
export function faultFigures(folder) {
  const files = variables.map((name) => [name, join(folder, `${name.toLowerCase()}.json`)]);
  const merged = (some) => Object.assign({}, ...some.map(([, file]) => JSON.parse(readFileSync(file, 'utf8'))));
  return {
    env: Object.fromEntries(files),
    read: () => merged(files),
    readThere: () => merged(files.filter(([, file]) => existsSync(file))),
  };
}
