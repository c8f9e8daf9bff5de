// npm run eval:search -- --queries FILE: sets up everything and judges the search by queries as people type them; the last line is
// the figures as JSON.
import { bin, buildPrograms, checkTools, installPackages, must, program, run, say } from './steps.mjs';

say('Portalverbund: does the search find what people mean?');
checkTools();
await installPackages();
await buildPrograms();
await must('go', ['build', '-o', bin + '/', './server/bench']);
const code = await run(program('bench'), ['eval', '--server', program('server'), ...process.argv.slice(2)]);
process.exit(code);
