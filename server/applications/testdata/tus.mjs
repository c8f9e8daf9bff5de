// Uploads a file with tus-js-client, which nobody here wrote: node tus.mjs <endpoint> <file> <token> [<part size> [<url>]]. Prints the upload's
// address, and how often the client had to go on.
import { createReadStream, statSync } from 'node:fs';
import { basename } from 'node:path';
import { Upload } from 'tus-js-client';

const [endpoint, file, token, partSize, uploadUrl] = process.argv.slice(2);
let retries = 0;
const upload = new Upload(createReadStream(file), {
  endpoint,
  ...(uploadUrl && { uploadUrl }),
  uploadSize: statSync(file).size,
  chunkSize: Number(partSize) || Infinity,
  metadata: { filename: basename(file), field: '/evidence/files', fingerprint: 'of a test' },
  headers: { Authorization: `Bearer ${token}` },
  retryDelays: Array.from({ length: 200 }, () => 50),
  onShouldRetry(error) {
    retries += 1;
    const status = error.originalResponse?.getStatus() ?? 0;
    return status < 400 || status === 409 || status === 423 || status >= 500;
  },
  onError(error) {
    console.error(String(error));
    process.exit(1);
  },
  onSuccess() {
    console.log(JSON.stringify({ url: upload.url, retries }));
  },
});
upload.start();
