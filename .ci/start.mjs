// npm start: sets up everything and runs the demonstration association until Ctrl-C.
import { buildPages, buildPrograms, checkTools, data, installPackages, program, run, say } from './steps.mjs';

say('Portalverbund: a demonstration association on this machine');
checkTools();
await installPackages();
await buildPages();
await buildPrograms();
say('Starting the association …');
const code = await run(program('server'), ['demo', '--data', data, ...process.argv.slice(2)]);
process.exit(code === 130 ? 0 : code);
