// Makes the list of passwords that were found in leaks, as the server reads it (server/accounts/breached.go): the first five bytes of the SHA-256 of each, in
// order. The passwords are those of @zxcvbn-ts/language-common. With --check it writes nothing and fails when the file differs.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dictionary } from '@zxcvbn-ts/language-common';
import { top } from './steps.mjs';

const shortest = 6; // characters that are left of a password of twelve, without spaces and punctuation
const kept = 5; // bytes
const file = join(top, 'server', 'accounts', 'breached.bin');

const passwords = Object.values(dictionary['passwords-common']).map((word) => word.normalize('NFC').replace(/[\s\p{P}]/gu, '').toLowerCase());
const hashes = [...new Set(passwords)]
  .filter((word) => [...word].length >= shortest)
  .map((word) => createHash('sha256').update(word).digest().subarray(0, kept))
  .sort(Buffer.compare);
const list = Buffer.concat(hashes);
if (!process.argv.includes('--check')) {
  writeFileSync(file, list);
  console.log(`${hashes.length} passwords, ${list.length} bytes`);
} else if (!list.equals(readFileSync(file))) {
  console.error('server/accounts/breached.bin is not what the list of passwords gives. Run "npm run generate:passwords" and commit the result.');
  process.exit(1);
}
