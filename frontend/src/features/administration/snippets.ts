import type { Client } from "./api";

/** Software that applications are often made with. */
export const software = ["openid-client", "mod_auth_openidc", "spring", "keycloak", "other"] as const;
export type Software = (typeof software)[number];

/** What is entered there for an application, as text to copy. The secret's place is left open. */
export function snippet(what: Software, issuer: string, client: Client): string {
  const redirect = client.redirectUris[0] ?? "https://…";
  const scope = client.scopes.filter((known) => !known.startsWith("deliveries:")).join(" ");
  const byKey = client.authentication === "privateKeyJwt";
  const secret = "<CLIENT_SECRET>";
  switch (what) {
    case "openid-client":
      return [
        `import * as client from "openid-client";`,
        ``,
        `const config = await client.discovery(`,
        `  new URL("${issuer}"),`,
        `  "${client.id}",`,
        ...(byKey ? [`  undefined,`, `  client.PrivateKeyJwt({ key, kid }),`] : []),
        ...(client.authentication === "clientSecret" ? [`  "${secret}",`] : []),
        ...(client.authentication === "none" ? [`  undefined,`, `  client.None(),`] : []),
        `);`,
        `const verifier = client.randomPKCECodeVerifier();`,
        `const address = client.buildAuthorizationUrl(config, {`,
        `  redirect_uri: "${redirect}",`,
        `  scope: "${scope}",`,
        `  code_challenge: await client.calculatePKCECodeChallenge(verifier),`,
        `  code_challenge_method: "S256",`,
        `  state: client.randomState(),`,
        `  nonce: client.randomNonce(),`,
        `});`,
      ].join("\n");
    case "mod_auth_openidc":
      return [
        `OIDCProviderMetadataURL ${issuer}/.well-known/openid-configuration`,
        `OIDCClientID ${client.id}`,
        ...(byKey
          ? [`OIDCProviderTokenEndpointAuth private_key_jwt`]
          : [`OIDCClientSecret ${secret}`, `OIDCProviderTokenEndpointAuth client_secret_basic`]),
        `OIDCRedirectURI ${redirect}`,
        `OIDCScope "${scope}"`,
        `OIDCPKCEMethod S256`,
        `OIDCIDTokenSignedResponseAlg ES256`,
        `OIDCCryptoPassphrase <RANDOM>`,
        `<Location />`,
        `  AuthType openid-connect`,
        `  Require valid-user`,
        `</Location>`,
      ].join("\n");
    case "spring":
      return [
        `spring:`,
        `  security:`,
        `    oauth2:`,
        `      client:`,
        `        registration:`,
        `          portal:`,
        `            client-id: ${client.id}`,
        ...(byKey
          ? [`            client-authentication-method: private_key_jwt`]
          : [`            client-secret: ${secret}`]),
        `            authorization-grant-type: authorization_code`,
        `            redirect-uri: ${redirect}`,
        `            scope: ${scope.split(" ").join(", ")}`,
        `        provider:`,
        `          portal:`,
        `            issuer-uri: ${issuer}`,
        `# PKCE: OAuth2AuthorizationRequestCustomizers.withPkce()`,
      ].join("\n");
    case "keycloak":
      return [
        `Identity providers → OpenID Connect v1.0`,
        `Discovery endpoint: ${issuer}/.well-known/openid-configuration`,
        `Client authentication: ${byKey ? "JWT signed with private key" : "Client secret sent as basic auth"}`,
        `Client ID: ${client.id}`,
        ...(byKey ? [`Client assertion signature algorithm: ES256`] : [`Client Secret: ${secret}`]),
        `Use PKCE: On, S256`,
        `Scopes: ${scope}`,
        `Backchannel logout: On`,
      ].join("\n");
    case "other":
      return [
        `issuer: ${issuer}`,
        `discovery: ${issuer}/.well-known/openid-configuration`,
        `client_id: ${client.id}`,
        `redirect_uri: ${redirect}`,
        `response_type: code`,
        `code_challenge_method: S256`,
        `scope: ${scope}`,
        `id_token_signed_response_alg: ES256`,
        `token_endpoint_auth_method: ${byKey ? "private_key_jwt" : client.authentication === "none" ? "none" : "client_secret_basic"}`,
        ...(byKey ? [`client_assertion aud: ${issuer}`] : []),
      ].join("\n");
  }
}
