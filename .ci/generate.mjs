// Generates what follows from the contract: Go models, one server package a tag, the Go client, the TypeScript types, and a collection for Postman.
// With --check it changes nothing that is committed and fails when the committed files differ from what would be generated.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { collection } from './postman.mjs';

const top = join(dirname(fileURLToPath(import.meta.url)), '..');
const check = process.argv.includes('--check');
const contract = join(top, 'openapi.yaml');
const tags = [...readFileSync(contract, 'utf8').matchAll(/^ {2}- name: (\w+)$/gm)].map((m) => m[1]);

const scratch = mkdtempSync(join(tmpdir(), 'portalverbund-generate-'));
const different = [];

function put(path, content) {
  const target = join(top, path);
  if (existsSync(target) && readFileSync(target, 'utf8') === content) return;
  if (check) {
    different.push(path);
    return;
  }
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, content);
  console.log(`generated ${path}`);
}

// One Go package: the generator's configuration is written out, so that each tag has the same one.
function goPackage(path, name, generate, extra = '') {
  const output = join(scratch, `${name}.gen.go`);
  const config = join(scratch, `${name}.yaml`);
  writeFileSync(config, `package: ${name}\noutput: ${output}\ngenerate:\n${generate.map((g) => `  ${g}: true\n`).join('')}${extra}`);
  execFileSync('go', ['tool', `-modfile=${join(top, 'api/codegen/go.mod')}`, 'oapi-codegen', '-config', config, contract], {
    cwd: join(top, 'api/codegen'),
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  put(path, readFileSync(output, 'utf8'));
}

const typesImport = 'additional-imports:\n  - package: portalverbund/api/types\n    alias: .\n';

try {
  goPackage('api/types/types.gen.go', 'types', ['models', 'embedded-spec'], 'output-options:\n  skip-prune: true\n');
  for (const tag of tags) {
    goPackage(`api/${tag}/${tag}.gen.go`, tag, ['echo-server', 'strict-server'], `${typesImport}output-options:\n  include-tags: [${tag}]\n`);
  }
  goPackage('api/client/client.gen.go', 'client', ['client'], typesImport);
  const ts = join(scratch, 'schema.d.ts');
  execFileSync(process.execPath, [join(top, 'node_modules/openapi-typescript/bin/cli.js'), contract, '-o', ts], { cwd: top, stdio: ['ignore', 'ignore', 'inherit'] });
  put('frontend/src/api/schema.d.ts', readFileSync(ts, 'utf8'));
  put('api/postman.json', collection(readFileSync(contract, 'utf8')));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
if (different.length > 0) {
  console.error(`Not what the contract generates: ${different.join(', ')}. Run "npm run generate" and commit the result.`);
  process.exit(1);
}
