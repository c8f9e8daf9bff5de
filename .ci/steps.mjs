// What the commands share: they say what they are doing, run programs, and say what to do when something is missing.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const top = join(dirname(fileURLToPath(import.meta.url)), '..');
export const data = resolve(top, process.env.PORTAL_DATA ?? '.data');
export const windows = process.platform === 'win32';
export const bin = join(data, 'bin');
export const program = (name) => join(bin, windows ? `${name}.exe` : name);

// What is built does not depend on where the sources lie: so clones share what the compiler keeps, and programs name no folder of this machine.
if (!/-trimpath\b/.test(process.env.GOFLAGS ?? '')) process.env.GOFLAGS = `${process.env.GOFLAGS ?? ''} -trimpath`.trim();

export function say(text) {
  console.log(`\u203a ${text}`);
}

export function fail(text) {
  console.error(`\n${text}\n`);
  process.exit(1);
}

const started = new Set();
let ending = false;

// run starts a program in the foreground and resolves with its exit code. Signals end it, and then this command.
export function run(command, args, options = {}) {
  return new Promise((done, failed) => {
    const child = spawn(command, args, { cwd: top, stdio: 'inherit', shell: windows && command === 'npm', ...options });
    started.add(child);
    child.on('error', failed);
    child.on('exit', (code, signal) => {
      started.delete(child);
      done(code ?? (signal === 'SIGINT' || signal === 'SIGTERM' ? 130 : 1));
    });
  });
}

// must runs a program and ends this command when it fails.
export async function must(command, args, options = {}) {
  let code;
  try {
    code = await run(command, args, options);
  } catch (error) {
    fail(`${command} could not be started: ${error.message}`);
  }
  if (code !== 0) {
    if (!ending) console.error(`\n${[command, ...args].join(' ')} ended with ${code}.`);
    process.exit(code);
  }
}

// A terminal sends Ctrl-C to every program of the group; a SIGTERM to this one alone is handed on.
process.on('SIGINT', () => {
  ending = true;
});
process.on('SIGTERM', () => {
  ending = true;
  for (const child of started) child.kill('SIGTERM');
});
process.on('SIGHUP', () => {
  ending = true;
  for (const child of started) child.kill('SIGTERM');
});

function version(command, args) {
  const result = spawnSync(command, args, { encoding: 'utf8' });
  return result.status === 0 ? result.stdout.trim() : undefined;
}

export function checkTools() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    fail(`Node.js 20.19 or later is needed; this is ${process.versions.node}. Get it from nodejs.org or from your system's packages.`);
  }
  const go = version('go', ['version']);
  if (go === undefined) fail('Go is needed and was not found. Get Go 1.26 or later from go.dev/dl, or from your system\'s packages, and make sure that "go version" works.');
  const found = /go(\d+)\.(\d+)/.exec(go);
  if (!found || Number(found[1]) < 1 || (Number(found[1]) === 1 && Number(found[2]) < 21)) fail(`Go 1.26 or later is needed; this is: ${go}`);
  say(`Node ${process.versions.node}, ${go.replace('go version ', '')}`);
}

// Node packages are installed when the lock file has changed since the last time.
export async function installPackages() {
  const lock = readFileSync(join(top, 'package-lock.json'));
  const stamp = join(top, 'node_modules', '.portalverbund-stamp');
  const want = `${createHash('sha256').update(lock).digest('hex')} node${process.versions.node.split('.')[0]} ${process.platform}-${process.arch}`;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === want) return;
  say('Installing Node packages (npm ci) …');
  await must('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(stamp, want);
}

function filesBelow(path) {
  const full = join(top, path);
  if (!existsSync(full)) return [];
  if (statSync(full).isFile()) return [full];
  return readdirSync(full, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function fingerprint(paths) {
  const hash = createHash('sha256');
  for (const path of paths) {
    for (const file of filesBelow(path)) hash.update(relative(top, file)).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

// The pages are built when their sources have changed.
export async function buildPages() {
  const stamp = join(top, 'frontend', 'dist', '.stamp');
  const want = fingerprint(['frontend/src', 'frontend/public', 'frontend/scripts', 'frontend/docs', 'frontend/index.html', 'frontend/vite.config.ts', 'package-lock.json', 'openapi.yaml', 'api/GUIDE.md', 'api/postman.json']);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === want) return;
  say('Building the pages (vite) …');
  rmSync(join(top, 'frontend', 'dist'), { recursive: true, force: true });
  await must('npm', ['run', '--silent', 'build']);
  writeFileSync(stamp, want);
}

export async function buildPrograms() {
  say('Building the programs (go build; the first time it fetches Go modules) …');
  mkdirSync(bin, { recursive: true });
  await must('go', ['build', '-o', bin + '/', './server', './server/standins/...']);
}
