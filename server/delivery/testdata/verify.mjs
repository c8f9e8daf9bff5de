// Verifies a webhook by the library of Standard Webhooks: {secret, headers, body} on standard input.
import { Webhook } from 'standardwebhooks';

let text = '';
for await (const part of process.stdin) text += part;
const { secret, headers, body } = JSON.parse(text);
const read = new Webhook(secret).verify(body, headers);
let forged = 'refused';
try {
  new Webhook(secret).verify(body.replace('"', "'"), headers);
  forged = 'taken';
} catch {
  // as it should be
}
console.log(JSON.stringify({ id: read.id ?? read.message?.id, test: read.test, forged }));
