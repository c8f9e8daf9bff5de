// An OpenID Provider by oidc-provider (panva), for tests. It asks nobody: who is there, and at which level, is set by POST /person.
// Prints its address. Another address may be given under which it appears, for what stands in between. The address that takes the answers
// may be a path alone: then it is that of any portal.
import { once } from 'node:events';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const [redirectUri, front] = process.argv.slice(2);
const server = createServer();
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const origin = `http://127.0.0.1:${server.address().port}`;
process.stdin.resume().on('end', () => process.exit()); // with the test
let person = {};

const provider = new Provider(front ?? origin, {
  clients: [
    { client_id: 'other', client_secret: 'other', redirect_uris: [`${origin}/other`], response_types: ['code'], grant_types: ['authorization_code'] },
    { client_id: 'portal', client_secret: 'ein langes Geheimnis: mit+Zeichen', redirect_uris: [new URL(redirectUri, origin).href], response_types: ['code'], grant_types: ['authorization_code'] },
  ],
  acrValues: ['urn:example:normal', 'urn:example:substantiell', 'urn:example:hoch'],
  claims: { openid: ['sub', 'amr'], profile: ['given_name', 'family_name', 'birthdate', 'groups', 'realm_access'], email: ['email'], acr: null },
  features: { devInteractions: { enabled: false } },
  cookies: { keys: ['geheim'] },
  findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id, ...person.claims }) }),
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
});

const strict = provider.Client.prototype.redirectUriAllowed;
provider.Client.prototype.redirectUriAllowed = function allowed(uri) {
  return redirectUri.startsWith('/') ? new URL(uri).pathname === redirectUri : strict.call(this, uri);
};
const answer = provider.callback();
server.on('request', (request, response) => {
  void (async () => {
    if (request.url === '/person') {
      let text = '';
      for await (const chunk of request) text += chunk;
      person = JSON.parse(text);
      return response.end();
    }
    if (!request.url.startsWith('/interaction/')) return answer(request, response);
    const { params, prompt } = await provider.interactionDetails(request, response);
    if (person.refuses) {
      return provider.interactionFinished(request, response, { error: 'access_denied', error_description: 'gave up' });
    }
    const result = {};
    if (prompt.name === 'login') result.login = { accountId: person.id, acr: person.acr, amr: person.amr };
    const grant = new provider.Grant({ accountId: person.id, clientId: params.client_id });
    grant.addOIDCScope(params.scope);
    result.consent = { grantId: await grant.save() };
    return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
  })().catch((error) => response.writeHead(500).end(String(error.stack)));
});
console.log(origin);
