// npm run bench: sets up everything and measures a portal against bare programs; the last line is the figures as JSON.
import { bin, buildPages, buildPrograms, checkTools, installPackages, must, program, run, say } from './steps.mjs';

say('Portalverbund: figures of this machine');
checkTools();
await installPackages();
await buildPages();
await buildPrograms();
await must('go', ['build', '-o', bin + '/', './server/bench']);
const code = await run(program('bench'), ['--server', program('server'), ...process.argv.slice(2)]);
process.exit(code);
