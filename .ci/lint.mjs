// npm run lint: everything that judges the sources without running them.
import { checkTools, installPackages, must, say } from './steps.mjs';

checkTools();
await installPackages();
say('What is committed is what is generated …');
await must('node', ['.ci/generate.mjs', '--check']);
await must('node', ['.ci/passwords.mjs', '--check']);
say('Go (golangci-lint; the first time it is built, which takes a minute or two) …');
await must('go', ['tool', '-modfile=.ci/tools/go.mod', 'golangci-lint', 'run', './...']);
for (const [what, script] of [
  ['TypeScript', 'lint:ts'],
  ['TypeScript and accessibility rules (oxlint, prettier)', 'lint:js'],
  ['Unused files, exports and packages (knip)', 'lint:unused'],
  ['The contract (redocly)', 'lint:api'],
]) {
  say(`${what} …`);
  await must('npm', ['run', '--silent', script]);
}
say('Nothing to complain about.');
