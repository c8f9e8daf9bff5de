// Finds Apache with mod_auth_openidc for the test with an application that nobody here wrote: the machine's own, else the
// distribution's packages when root. Without it that one test says why it is left out.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { say } from './steps.mjs';

const program = '/usr/sbin/apache2';
const module = '/usr/lib/apache2/modules/mod_auth_openidc.so';

export function findApache() {
  const found = () => existsSync(program) && existsSync(module);
  if (!found() && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    say('Apache with mod_auth_openidc was not found; trying to get it …');
    const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'apache2-bin', 'libapache2-mod-auth-openidc']]) {
      spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'], env: environment, timeout: 600_000 });
    }
  }
  if (found()) return program;
  say(
    'The test with Apache as a relying party is left out: apache2 and libapache2-mod-auth-openidc are not there, and only root can install them.\n' +
      '  Debian, Ubuntu: apt-get install apache2-bin libapache2-mod-auth-openidc',
  );
  return undefined;
}
