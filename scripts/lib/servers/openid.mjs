// A real OpenID provider in Google's place, for the tests of sign-in. As a program it reads its settings
// from OPENID_PROVIDER (JSON) and is steered by POST /control.
import {
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  sign,
} from 'node:crypto';
import Provider from 'oidc-provider';

const { port, clientId, clientSecret, redirectUri, accounts } = JSON.parse(
  process.env.OPENID_PROVIDER,
);
const issuer = `http://localhost:${port}`;

const newKey = kid => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = {
    ...privateKey.export({ format: 'jwk' }),
    kid,
    use: 'sig',
    alg: 'RS256',
  };
  return { kid, privateKey, jwk };
};
const keys = { now: newKey('first'), foreign: newKey('first') };

/** What is to go wrong; changed by POST /control. */
const trouble = { token: 'none', down: [] };
let people = accounts;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: clientId,
      client_secret: clientSecret,
      redirect_uris: [redirectUri],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_post',
    },
  ],
  jwks: { keys: [keys.now.jwk] },
  cookies: { keys: ['only for tests'] },
  claims: { openid: ['sub', 'email', 'email_verified', 'hd', 'name'] },
  conformIdTokenClaims: false,
  scopes: ['openid', 'email', 'profile'],
  pkce: { required: () => true },
  issueRefreshToken: async () => true,
  rotateRefreshToken: false,
  ttl: {
    AccessToken: 600,
    AuthorizationCode: 60,
    Grant: 3600,
    IdToken: 600,
    Interaction: 600,
    RefreshToken: 3600,
    Session: 3600,
  },
  features: {
    devInteractions: { enabled: false },
    revocation: { enabled: true },
  },
  findAccount: async (_ctx, id) => {
    const found = people.find(({ sub }) => sub === id);
    return found && { accountId: id, claims: async () => ({ ...found }) };
  },
  interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
});

provider.use(async (ctx, next) => {
  if (ctx.path === '/control') return control(ctx);
  if (trouble.down.includes(ctx.path)) {
    ctx.status = 503;
    return undefined;
  }
  if (ctx.path.startsWith('/interaction/')) return interact(ctx);
  await next();
  if (ctx.path === '/token' && ctx.body?.id_token) {
    ctx.body.id_token = spoil(ctx.body.id_token);
  }
  if (ctx.path === '/jwks' && trouble.token === 'rotated') {
    ctx.body = { keys: [publicJwk(keys.next)] };
  }
  return undefined;
});

const publicJwk = ({ privateKey, kid }) => ({
  ...createPublicKey(privateKey).export({ format: 'jwk' }),
  kid,
  use: 'sig',
  alg: 'RS256',
});

async function control(ctx) {
  let text = '';
  for await (const chunk of ctx.req) text += chunk;
  const { accounts: changed, ...rest } = JSON.parse(text);
  if (changed) people = changed;
  Object.assign(trouble, rest);
  if (trouble.token === 'rotated') keys.next = newKey('second');
  ctx.body = {};
}

/** The page where one chooses an account: a link for each, and one to give up. */
async function interact(ctx) {
  const { as } = ctx.query;
  if (as === undefined) {
    ctx.type = 'html';
    ctx.body = [...people.map(({ sub }) => sub), 'nobody']
      .map(sub => `<p><a href="?as=${sub}">${sub}</a></p>`)
      .join('');
    return;
  }
  let result = { error: 'access_denied' };
  if (as !== 'nobody') {
    const grant = new provider.Grant({ accountId: as, clientId });
    grant.addOIDCScope('openid email profile');
    result = {
      login: { accountId: as },
      consent: { grantId: await grant.save() },
    };
  }
  await provider.interactionFinished(ctx.req, ctx.res, result, {
    mergeWithLastSubmission: false,
  });
  ctx.respond = false;
}

const encode = value =>
  Buffer.from(JSON.stringify(value)).toString('base64url');

/** Makes a token of the attacks out of a good one. */
function spoil(token) {
  const [head, body] = token.split('.');
  const header = JSON.parse(Buffer.from(head, 'base64url'));
  const claims = JSON.parse(Buffer.from(body, 'base64url'));
  const signed = (change, key = keys.now, headers = {}) => {
    const text = `${encode({ ...header, ...headers })}.${encode({
      ...claims,
      ...change,
    })}`;
    return `${text}.${sign(
      'sha256',
      Buffer.from(text),
      key.privateKey,
    ).toString('base64url')}`;
  };
  const seconds = Math.floor(Date.now() / 1000);
  switch (trouble.token) {
    case 'none':
      return token;
    case 'forged':
      return signed({}, keys.foreign);
    case 'alg none':
      return `${encode({ alg: 'none' })}.${body}.`;
    case 'HS256': {
      const text = `${encode({ alg: 'HS256', kid: header.kid })}.${body}`;
      const pem = createPublicKey(keys.now.privateKey).export({
        type: 'spki',
        format: 'pem',
      });
      return `${text}.${createHmac('sha256', pem)
        .update(text)
        .digest('base64url')}`;
    }
    case 'unknown kid':
      return signed({}, keys.foreign, { kid: 'nobody knows' });
    case 'wrong issuer':
      return signed({ iss: 'https://evil.example.org' });
    case 'wrong audience':
      return signed({ aud: 'another-client' });
    case 'expired':
      return signed({ iat: seconds - 7200, exp: seconds - 3600 });
    case 'nonce missing':
      return signed({ nonce: undefined });
    case 'nonce of another':
      return signed({ nonce: 'of-another-browser' });
    case 'rotated':
      return signed({}, keys.next, { kid: keys.next.kid });
    default:
      throw new Error(`no such attack: ${trouble.token}`);
  }
}

provider.listen(port, '127.0.0.1', () => process.stdout.write('ready\n'));
