// A SAML 2.0 identity provider by samlp (Auth0), for tests: requests are checked against the portal's certificate, assertions are signed and then
// encrypted to it. It asks nobody: who is there is set by POST /person. Prints its address.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import samlp from 'samlp';

const [keyFile, portal] = process.argv.slice(2);
const pem = readFileSync(keyFile, 'utf8');
const part = (name) => new RegExp(`-----BEGIN ${name}-----[^-]+-----END ${name}-----`).exec(pem)[0];
const [key, cert] = [part('PRIVATE KEY'), part('CERTIFICATE')];
let person = {};

const server = createServer((request, response) => {
  void answer(request, response).catch((error) => response.writeHead(500).end(String(error.stack)));
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const origin = `http://127.0.0.1:${server.address().port}`;
process.stdin.resume().on('end', () => process.exit()); // with the test
console.log(origin);

// The portal's description, and its certificate for one use.
async function describe() {
  const text = await (await fetch(`${portal}/metadata`)).text();
  const certificate = (use) => {
    const found = new RegExp(`<[^>]*KeyDescriptor[^>]*use="${use}"[\\s\\S]*?X509Certificate[^>]*>([^<]+)<`).exec(text);
    return `-----BEGIN CERTIFICATE-----\n${found[1].replace(/\s/g, '').match(/.{1,64}/g).join('\n')}\n-----END CERTIFICATE-----\n`;
  };
  return { id: /entityID="([^"]+)"/.exec(text)[1], signing: certificate('signing'), encryption: certificate('encryption') };
}

async function body(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

async function answer(request, response) {
  const path = new URL(request.url, origin).pathname;
  // What the library expects of a request and an answer, as Express has them.
  request.query = {};
  request.protocol = 'http';
  request.originalUrl = request.url;
  response.set = (name, value) => response.setHeader(name, value);
  response.send = (text) => (typeof text === 'number' ? response.writeHead(text).end() : response.end(text));
  if (path === '/person') {
    person = JSON.parse(await body(request));
    return response.end();
  }
  if (path === '/metadata') {
    return samlp.metadata({ issuer: `${origin}/idp`, cert, postEndpointPath: '/sso', redirectEndpointPath: '/sso' })(request, response);
  }
  const sp = await describe();
  request.body = Object.fromEntries(new URLSearchParams(await body(request)));
  const mapper = () => ({ getClaims: () => person.attributes, getNameIdentifier: () => ({ nameIdentifier: person.nameId }) });
  mapper.prototype = { metadata: [] };
  const sign = samlp.auth({
    issuer: `${origin}/idp`, cert, key, signingCert: sp.signing, encryptionCert: sp.encryption, encryptionPublicKey: sp.encryption,
    recipient: `${portal}/acs`, destination: `${portal}/acs`, authnContextClassRef: person.context, lifetimeInSeconds: 300, profileMapper: mapper,
    signResponse: person.signResponse ?? false, getUserFromRequest: () => person, getPostURL: (_audience, _request, _http, done) => done(null, `${portal}/acs`),
  });
  sign(request, response, (error) => response.writeHead(400).end(String(error)));
}
