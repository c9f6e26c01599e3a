// A real OpenID provider in Google's place, as a program of its own, for the browser tests.
import { join } from 'node:path';
import { root } from '../paths.mjs';
import { keep, untilReady } from '../run.mjs';

const clientId = 'migrate-hub';
const clientSecret = 'only-for-tests';

/** What the hub is configured with under auth.providers.google.<environment>. */
export function openIdConfig(port) {
  const issuer = `http://localhost:${port}`;
  return {
    clientId,
    clientSecret,
    issuer,
    authorizationUrl: `${issuer}/auth`,
    tokenUrl: `${issuer}/token`,
    jwksUrl: `${issuer}/jwks`,
    revocationUrl: `${issuer}/token/revocation`,
  };
}

/** Its accounts are chosen by a link with their `sub`. */
export async function startOpenIdProvider(options) {
  const { port, backendUrl, accounts, log } = options;
  const provider = keep(
    process.execPath,
    [join(root, 'scripts', 'lib', 'servers', 'openid.mjs')],
    {
      log,
      env: {
        ...process.env,
        NODE_ENV: 'development',
        OPENID_PROVIDER: JSON.stringify({
          port,
          clientId,
          clientSecret,
          redirectUri: `${backendUrl}/api/auth/google/handler/frame`,
          accounts,
        }),
      },
    },
  );
  await untilReady(
    provider,
    async () => {
      const response = await fetch(
        `http://localhost:${port}/.well-known/openid-configuration`,
      );
      await response.arrayBuffer();
    },
    { what: 'The OpenID provider' },
  );
  return provider;
}
