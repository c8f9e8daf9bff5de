// npm run portal -- --name "Stadt Papenburg" --ars 034540041041: one more portal on this machine until Ctrl-C, for joining the
// demonstration.
import { buildPages, buildPrograms, checkTools, data, installPackages, program, run, say } from './steps.mjs';

checkTools();
await installPackages();
await buildPages();
await buildPrograms();
say('Starting the portal …');
const code = await run(program('server'), ['portal', '--data', data, ...process.argv.slice(2)]);
process.exit(code === 130 ? 0 : code);
