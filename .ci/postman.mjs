// Makes of the contract a collection for Postman (format 2.1), which Bruno and others read, too: what everybody may read, what apps do for a person, and
// what providers do. What needs a browser's session, or is between portals, is not in it.
import { parse } from 'yaml';

const openTags = ['portal', 'places', 'catalog', 'export', 'forms'];
const methods = ['get', 'post', 'put', 'patch', 'delete'];

const settings = (values) => Object.entries(values).map(([key, value]) => ({ key, value, type: 'string' }));
const oauth2 = (values) => ({ type: 'oauth2', oauth2: settings({ ...values, accessTokenUrl: '{{baseUrl}}/oauth2/token', addTokenTo: 'header' }) });

export function collection(text) {
  const contract = parse(text);
  const at = (thing) => (thing?.$ref ? at(thing.$ref.slice(2).split('/').reduce((node, word) => node[word], contract)) : thing);

  const flows = contract.components.securitySchemes.oauth2.flows;
  const forEverybody = (flow) => Object.keys(flow.scopes).filter((scope) => !/linked portals only/.test(flow.scopes[scope]) && scope !== 'person:read');
  const personScopes = forEverybody(flows.authorizationCode);
  const providerScopes = forEverybody(flows.clientCredentials);
  const auths = {
    nobody: { type: 'noauth' },
    provider: oauth2({ grant_type: 'client_credentials', clientId: '{{clientId}}', clientSecret: '{{clientSecret}}', scope: providerScopes.join(' '), client_authentication: 'header' }),
    person: oauth2({
      grant_type: 'authorization_code_with_pkce', challengeAlgorithm: 'S256', authUrl: '{{baseUrl}}/oauth2/authorize', clientId: '{{appId}}', redirect_uri: '{{redirectUri}}',
      scope: ['openid', ...personScopes].join(' '), client_authentication: 'body',
    }),
  };

  // Who calls an operation; undefined for those that are not for integrators.
  function callerOf(method, operation) {
    if (operation.security.length === 0) return method === 'get' && openTags.includes(operation.tags[0]) ? 'nobody' : undefined;
    const scopes = operation.security.flatMap((way) => way.oauth2 ?? []);
    if (scopes.some((scope) => providerScopes.includes(scope))) return 'provider';
    return scopes.some((scope) => personScopes.includes(scope)) ? 'person' : undefined;
  }

  // An example for a schema: its own, or one made of what must be there.
  function exampleOf(schema) {
    schema = at(schema);
    if (schema.example !== undefined) return schema.example;
    if (schema.default !== undefined) return schema.default;
    if (schema.enum) return schema.enum[0];
    if (schema.type === 'object') return Object.fromEntries((schema.required ?? []).map((name) => [name, exampleOf(schema.properties[name])]));
    if (schema.type === 'array') return [];
    return { integer: 0, number: 0, boolean: false }[schema.type] ?? '';
  }

  const variables = new Map();
  const value = (parameter) => String(parameter.example ?? exampleOf(parameter.schema));

  function requestOf(method, path, operation, inherited) {
    const parameters = [...inherited, ...(operation.parameters ?? [])].map(at);
    const of = (place) => parameters.filter((parameter) => parameter.in === place);
    for (const parameter of of('path')) if (!variables.get(parameter.name)) variables.set(parameter.name, value(parameter));
    const known = { 'Idempotency-Key': '{{$guid}}', 'If-Match': '{{etag}}' };
    const header = of('header').map((p) => ({ key: p.name, value: known[p.name] ?? (p.required ? value(p) : ''), description: p.description }));
    header.push({ key: 'Accept-Language', value: '{{language}}' });
    const query = of('query').map((parameter) => ({
      key: parameter.name, value: value(parameter), description: parameter.description, ...(!parameter.required && { disabled: true }),
    }));
    const asked = query.filter(({ disabled }) => !disabled).map(({ key, value }) => `${key}=${encodeURIComponent(value)}`).join('&');
    const words = path.slice(1).split('/').map((word) => word.replace(/^\{(.+)\}$/, ':$1'));
    const url = { raw: `{{baseUrl}}/${words.join('/')}${asked && `?${asked}`}`, host: ['{{baseUrl}}'], path: words };
    if (query.length > 0) url.query = query;
    if (of('path').length > 0) url.variable = of('path').map(({ name, description }) => ({ key: name, value: `{{${name}}}`, description }));
    const request = { method: method.toUpperCase(), header, url, description: operation.description?.trim() };
    const content = at(operation.requestBody)?.content ?? {};
    const [type] = Object.keys(content);
    if (type === 'application/json') {
      const example = content[type].example ?? Object.values(content[type].examples ?? {})[0]?.value ?? exampleOf(content[type].schema);
      request.body = { mode: 'raw', raw: JSON.stringify(example, null, 2), options: { raw: { language: 'json' } } };
    } else if (type) {
      request.body = { mode: 'file', file: { src: '' } };
    }
    if (type) header.push({ key: 'Content-Type', value: type });
    return request;
  }

  const folders = new Map();
  for (const [path, item] of Object.entries(contract.paths)) {
    for (const method of methods.filter((name) => item[name])) {
      const operation = item[method];
      const caller = callerOf(method, operation);
      if (!caller) continue;
      const [tag] = operation.tags;
      if (!folders.has(tag)) folders.set(tag, []);
      folders.get(tag).push({ name: operation.summary, request: { auth: auths[caller], ...requestOf(method, path, operation, item.parameters ?? []) }, response: [] });
    }
  }
  const own = { baseUrl: 'http://localhost:8080', language: 'en', clientId: '', clientSecret: '', appId: '', redirectUri: '', etag: '"1"' };
  const made = {
    info: {
      name: contract.info.title,
      description: 'Generated from openapi.yaml. Set baseUrl, and clientId and clientSecret (providers) or appId and redirectUri (apps); the guide for integrators says how to get them.',
      schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json',
    },
    item: contract.tags.filter(({ name }) => folders.has(name)).map(({ name, description }) => ({ name, description, item: folders.get(name) })),
    variable: Object.entries({ ...own, ...Object.fromEntries(variables) }).map(([key, value]) => ({ key, value, type: 'string' })),
  };
  return JSON.stringify(made, null, 1) + '\n';
}
