// The package oidc-provider on loopback over TLS, with its own pages for login and consent. One argument: a JSON file with
// issuer, port, certificate, key, callbacks and people ({name: claims}). Prints "ready" when it listens.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { generateKeyPairSync } from 'node:crypto';
import { Provider } from 'oidc-provider';

const settings = JSON.parse(readFileSync(process.argv[2], 'utf8'));

const key = (algorithm, type, options) => ({
  ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }),
  use: 'sig',
  alg: algorithm,
  kid: `key-${algorithm}`,
});

const provider = new Provider(settings.issuer, {
  clients: ['RS256', 'PS256', 'ES256', 'EdDSA'].map((algorithm) => ({
    client_id: `warder-${algorithm}`,
    client_secret: settings.secret,
    redirect_uris: settings.callbacks,
    id_token_signed_response_alg: algorithm,
  })),
  enabledJWA: { idTokenSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA'] },
  jwks: {
    keys: [
      key('RS256', 'rsa', { modulusLength: 2048 }),
      key('PS256', 'rsa', { modulusLength: 2048 }),
      key('ES256', 'ec', { namedCurve: 'P-256' }),
      { ...key('EdDSA', 'ed25519') },
    ],
  },
  pkce: { required: () => true },
  claims: { openid: ['sub'], profile: ['preferred_username', 'name', 'groups'], email: ['email'] },
  conformIdTokenClaims: settings.conform ?? false,
  cookies: { keys: ['only for tests'] },
  findAccount: (_context, id) => (settings.people[id] ? { accountId: id, claims: () => ({ sub: id, ...settings.people[id] }) } : undefined),
});

createServer({ cert: readFileSync(settings.certificate), key: readFileSync(settings.key) }, provider.callback()).listen(
  settings.port,
  '127.0.0.1',
  () => console.log('ready'),
);
