// Finds ClamAV's clamd for the test with a virus scanner that nobody here wrote: the machine's own, else the distribution's package (8 MB)
// when root. Without it that one test says why it is left out, and the stand-in of server/platform/scan speaks for it.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { say } from './steps.mjs';

const program = '/usr/sbin/clamd';

export function findClamAV() {
  if (!existsSync(program) && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    say('ClamAV was not found; trying to get it …');
    const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const get = (...args) => spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'], env: environment, timeout: 300_000 });
    get('update');
    get('install', '-y', '--no-install-recommends', 'clamav-daemon');
  }
  if (!existsSync(program)) {
    say('The test with ClamAV is left out: clamd is not there, and only root can install it.\n  Debian, Ubuntu: apt-get install clamav-daemon');
  }
}
