// Programs that tests use where they are: the machine's own, else the distribution's packages when root. Without one, the test that needs it
// says why it is left out.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { say } from './steps.mjs';

/** Installs packages where apt-get is there and may be used; whether it was. */
export function installDebian(...packages) {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return false;
  say(`Installing ${packages.join(' and ')} …`);
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', ...packages]]) {
    spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'], env: environment, timeout: 600_000 });
  }
  return true;
}

function find(what, test, files, ...packages) {
  const found = () => files.every((file) => existsSync(file));
  if (!found()) installDebian(...packages);
  if (found()) return files[0];
  say(`${test} is left out: ${what} is not there, and only root can install it.\n  Debian, Ubuntu: apt-get install ${packages.join(' ')}`);
  return undefined;
}

export const findApache = () =>
  find(
    'Apache with mod_auth_openidc',
    'The test with Apache as a relying party',
    ['/usr/sbin/apache2', '/usr/lib/apache2/modules/mod_auth_openidc.so'],
    'apache2-bin',
    'libapache2-mod-auth-openidc',
  );

/** The stand-in of server/platform/scan speaks for it where it is not there. */
export const findClamAV = () => find('ClamAV', 'The test with a virus scanner that nobody here wrote', ['/usr/sbin/clamd'], 'clamav-daemon');

export const findPoppler = () => find('Poppler', 'The test that reads papers with Poppler', ['/usr/bin/pdfinfo', '/usr/bin/pdftotext'], 'poppler-utils');
