// Finds a Chromium for the browser tests: the system's, else Playwright's own, else the distribution's package when root.
// The shell without windows comes first: the same engine, for a third less of a processor.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { installDebian } from './debian.mjs';
import { say, fail, top } from './steps.mjs';

const places = [
  process.env.CHROMIUM,
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

async function playwrights() {
  const { chromium } = await import('@playwright/test');
  const path = chromium.executablePath();
  return path && existsSync(path) ? path : undefined;
}

function attempt(command, args) {
  return spawnSync(command, args, { cwd: top, stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8', timeout: 300_000 }).status === 0;
}

export async function findBrowser() {
  const found = places.find((path) => path && existsSync(path)) ?? (await playwrights());
  if (found) return found;
  say('No Chromium found; trying to get one …');
  if (attempt('npx', ['playwright', 'install', 'chromium'])) {
    const own = await playwrights();
    if (own) return own;
  }
  for (const name of ['chromium-headless-shell', 'chromium']) {
    if (installDebian(name) && existsSync(`/usr/bin/${name}`)) return `/usr/bin/${name}`;
  }
  return fail(
    'The browser tests need Chromium, and none was found or could be installed.\n' +
      'Install it (Debian, Ubuntu: apt-get install chromium; else: npx playwright install chromium),\n' +
      'or name one that you have: CHROMIUM=/path/to/chromium npm test',
  );
}
