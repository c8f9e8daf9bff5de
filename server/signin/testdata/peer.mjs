// An OpenID Provider by oidc-provider (panva) with the clients, addresses and rules of the portal's, for a comparison of their answers to the
// same requests. Everybody who is sent to its page is Clara, and consents. Prints its address.
import { once } from 'node:events';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const clients = JSON.parse(process.argv[2]);
const server = createServer();
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const origin = `http://127.0.0.1:${server.address().port}`;
process.stdin.resume().on('end', () => process.exit()); // with the test

const provider = new Provider(origin, {
  clients,
  scopes: ['openid', 'offline_access', 'deliveries:read'],
  claims: { openid: ['sub'], profile: ['name'], email: ['email'] },
  cookies: { keys: ['geheim'] },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    introspection: { enabled: true },
    revocation: { enabled: true },
  },
  findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id, name: 'Clara Beispiel', email: 'clara@example.org' }) }),
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  pkce: { required: () => true },
  rotateRefreshToken: true,
  routes: {
    authorization: '/oauth2/authorize',
    introspection: '/oauth2/introspect',
    jwks: '/oauth2/keys',
    revocation: '/oauth2/revoke',
    token: '/oauth2/token',
    userinfo: '/oauth2/userinfo',
  },
});

const answer = provider.callback();
server.on('request', (request, response) => {
  void (async () => {
    if (!request.url.startsWith('/interaction/')) return answer(request, response);
    const { params } = await provider.interactionDetails(request, response);
    const grant = new provider.Grant({ accountId: 'clara', clientId: params.client_id });
    grant.addOIDCScope(params.scope);
    const result = { login: { accountId: 'clara' }, consent: { grantId: await grant.save() } };
    return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
  })().catch((error) => response.writeHead(500).end(String(error.stack)));
});
console.log(origin);
