// An OpenID provider on loopback (oidc-provider, certified by the OpenID Foundation), set up for the
// tests. Prints its URL as one line of JSON; a line on standard input makes it do something:
// `rotate` signs with a new key and forgets the old one, `stop` answers 503 to everything, `start` ends that.

import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import Provider from 'oidc-provider';

// Standard output is for answers only.
console.info = console.warn = console.error;

const CALLBACK = 'http://127.0.0.1/callback';
const RESOURCES = {
  'urn:kafka': { accessTokenFormat: 'jwt', accessTokenTTL: 600 },
  'urn:kafka:short': { accessTokenFormat: 'jwt', accessTokenTTL: 5 },
  'urn:kafka:opaque': { accessTokenFormat: 'opaque', accessTokenTTL: 600 },
  'urn:other': { accessTokenFormat: 'jwt', accessTokenTTL: 600, audience: 'other' },
};

function key(algorithm) {
  const pair = algorithm === 'ES256'
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
    : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...pair.privateKey.export({ format: 'jwk' }), kid: randomUUID(), alg: algorithm, use: 'sig' };
}

const client = (id, more) => ({
  client_id: id, client_secret: `${id}-secret`, redirect_uris: [], response_types: [],
  grant_types: ['client_credentials'], ...more,
});

function make(issuer) {
  const provider = new Provider(issuer, {
    clients: [
      client('payments-api'),
      client('stranger'),
      client('bound-api', { tls_client_certificate_bound_access_tokens: true }),
      client('gateway'),
      client('console', {
        grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code'],
        redirect_uris: [CALLBACK], response_types: ['code'], application_type: 'native',
      }),
    ],
    jwks: { keys: [key('ES256'), key('RS256')] },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    cookies: { keys: ['only-for-tests'] },
    acrValues: ['silver', 'gold'],
    ttl: { ClientCredentials: (_, token) => token.resourceServer.accessTokenTTL },
    features: {
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true },
      devInteractions: { enabled: false },
      introspection: { enabled: true, allowedPolicy: () => true },
      mTLS: {
        enabled: true,
        certificateBoundAccessTokens: true,
        // A proxy in front of the provider would say so; here the test says it.
        getCertificate: (ctx) => decodeURIComponent(ctx.get('x-client-certificate')) || undefined,
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => 'urn:kafka',
        useGrantedResource: () => true,
        getResourceServerInfo: (_, resource) => ({
          scope: 'kafka', audience: 'kafka', jwt: { sign: { alg: 'ES256' } }, ...RESOURCES[resource],
        }),
      },
    },
    // What a company's directory would say of the caller.
    extraTokenClaims: (ctx, token) => ({
      groups: ['kafka-writers', 'everybody'],
      ...(token.accountId && login(token.accountId)),
    }),
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    pkce: { required: () => true },
    renderError: (ctx, out) => { ctx.body = out; },
  });
  return provider;
}

const now = () => Math.floor(Date.now() / 1000);
const logins = new Map();

function login(account) {
  return logins.get(account) ?? {};
}

/** Somebody logs in, and agrees to everything: `alice` by a password, `alice+otp` by two factors. */
async function interact(provider, request, response) {
  const details = await provider.interactionDetails(request, response);
  const { prompt, params } = details;
  if (prompt.name === 'login') {
    const [accountId, factor] = params.login_hint.split('+');
    const proof = factor
      ? { amr: ['pwd', factor], acr: 'gold' }
      : { amr: ['pwd'], acr: 'silver' };
    logins.set(accountId, { ...proof, auth_time: now() });
    return provider.interactionFinished(request, response, { login: { accountId, ...proof } });
  }
  const grant = details.grantId
    ? await provider.Grant.find(details.grantId)
    : new provider.Grant({ accountId: details.session.accountId, clientId: params.client_id });
  grant.addOIDCScope('openid');
  for (const resource of Object.keys(RESOURCES)) grant.addResourceScope(resource, 'kafka');
  const consent = { grantId: await grant.save() };
  return provider.interactionFinished(request, response, { consent }, { mergeWithLastSubmission: true });
}

let provider;
let stopped = false;
const server = createServer((request, response) => {
  if (stopped) {
    response.writeHead(503).end();
  } else if (request.url.startsWith('/interaction/')) {
    interact(provider, request, response).catch((error) => response.writeHead(500).end(`${error}`));
  } else {
    provider.callback()(request, response);
  }
});
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  provider = make(issuer);
  console.log(JSON.stringify({ issuer }));
  createInterface({ input: process.stdin }).on('line', (command) => {
    if (command === 'rotate') provider = make(issuer);
    stopped = command === 'stop' || (stopped && command !== 'start');
    console.log(JSON.stringify({ done: command }));
  }).on('close', () => process.exit(0));
});
