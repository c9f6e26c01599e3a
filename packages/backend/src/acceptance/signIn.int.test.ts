import { HubProcess } from './__testUtils__/HubProcess';
import { CookieJar } from './__testUtils__/CookieJar';
import { OpenIdAccount, OpenIdProcess } from './__testUtils__/OpenIdProcess';
import { Person } from './__testUtils__/Person';

jest.setTimeout(180_000);

const account = (
  name: string,
  change: Partial<OpenIdAccount> = {},
): OpenIdAccount => ({
  sub: `google-${name}`,
  email: `${name}@example.com`,
  email_verified: true,
  hd: 'example.com',
  name,
  ...change,
});

const accounts = [
  account('ann'),
  account('bob'),
  account('unverified', { email_verified: false }),
  account('suffix', { email: 'x@example.com.evil.org', hd: undefined }),
  account('no-hd', { hd: undefined }),
  // An address that belongs to somebody else's account by now.
  account('heir', { email: 'ann@example.com' }),
];

let hub: HubProcess;
let google: OpenIdProcess;
let admin: Person;
let base: string;

beforeAll(async () => {
  google = await OpenIdProcess.reserve();
  hub = await HubProcess.start({
    // The last story reads all of it.
    logLevel: 'debug',
    settings: {
      signIn: { localSignIn: true, allowedDomains: ['example.com'] },
    },
    providers: () => ({ google: { development: google.config } }),
  });
  base = `${hub.baseUrl}/api/auth/google`;
  await google.start({
    redirectUri: `${base}/handler/frame`,
    accounts,
  });
  admin = await Person.signIn(hub, 'admin@example.com');
});
afterAll(async () => {
  await hub?.stop();
  await google?.stop();
});
beforeEach(() => google.steer({ token: 'none', down: [], accounts }));

const own = () => ({
  Origin: hub.origin,
  'X-Requested-With': 'XMLHttpRequest',
});

const begin = (jar: CookieJar, redirectUrl = `${hub.origin}/runs`) =>
  jar.fetch(
    `${base}/start?env=development&flow=redirect&redirectUrl=${encodeURIComponent(
      redirectUrl,
    )}`,
  );

const target = (response: Response, url: string): string => {
  const location = response.headers.get('location');
  if (!location)
    throw new Error(`no redirect but ${response.status} from ${url}`);
  return new URL(location, url).href;
};

/** Goes to the provider, chooses the account; the address of the callback. */
async function callbackOf(jar: CookieJar, name: string): Promise<string> {
  let url = target(await begin(jar), base);
  while (!url.startsWith(base)) {
    if (url.includes('/interaction/')) url += `?as=google-${name}`;
    url = target(await jar.fetch(url), url);
  }
  return url;
}

/** A whole sign-in; where the browser ends up. */
async function signIn(jar: CookieJar, name: string): Promise<string> {
  const callback = await callbackOf(jar, name);
  return target(await jar.fetch(callback), callback);
}

const refresh = (jar: CookieJar, headers: Record<string, string> = own()) =>
  jar.fetch(`${base}/refresh?env=development`, { method: 'POST', headers });

const api = (token: string) =>
  fetch(`${hub.baseUrl}/api/migrate-hub/v1/me`, {
    headers: { Authorization: `Bearer ${token}` },
  });

async function tokenOf(jar: CookieJar): Promise<string> {
  const response = await refresh(jar);
  const answer = await response.json();
  if (!response.ok) throw new Error(JSON.stringify(answer));
  // Google's own tokens stay on the server.
  expect(answer.providerInfo).toMatchObject({ accessToken: '', scope: '' });
  expect(answer.providerInfo.idToken).toBeUndefined();
  return answer.backstageIdentity.token;
}

const lastFailure = async () => {
  const { items } = await admin.call('listAuditEvents', {
    query: { action: 'login.failed', limit: 1 },
  });
  return items[0]?.payload.reason;
};

const entered = () => `${hub.origin}/runs`;
const refused = (word: string) => `${hub.origin}/runs?error=${word}`;

it('signs in, again, refreshes under a new id each time, and signs out', async () => {
  const jar = new CookieJar();
  expect(await signIn(jar, 'ann')).toBe(entered());
  const first = jar.find('google-refresh-token');
  expect(first).toMatchObject({ path: '/api/auth/google' });
  expect(first?.attributes).toMatch(/HttpOnly.*SameSite=Lax/);

  const token = await tokenOf(jar);
  expect(jar.find('google-refresh-token')?.value).not.toBe(first?.value);
  const me = await (await api(token)).json();
  expect(me.user).toMatchObject({ email: 'ann@example.com', role: 'user' });
  expect(me.user.entityRef).toMatch(/^user:default\/u-[0-9a-f]{20}$/);

  const again = new CookieJar();
  expect(await signIn(again, 'ann')).toBe(entered());
  const same = await (await api(await tokenOf(again))).json();
  expect(same.user.id).toBe(me.user.id);

  const out = await jar.fetch(`${base}/logout?env=development`, {
    method: 'POST',
    headers: own(),
  });
  expect(out.status).toBe(200);
  expect((await api(token)).status).toBe(401);
  expect((await refresh(jar)).status).toBe(401);
});

it.each([
  ['forged', 'bad_signature'],
  ['alg none', 'wrong_algorithm'],
  ['HS256', 'wrong_algorithm'],
  ['unknown kid', 'unknown_key'],
  ['wrong issuer', 'wrong_issuer'],
  ['wrong audience', 'wrong_audience'],
  ['expired', 'expired'],
  ['nonce missing', 'wrong_nonce'],
  ['nonce of another', 'wrong_nonce'],
])('refuses an ID token: %s', async (token, reason) => {
  const jar = new CookieJar();
  await google.steer({ token });
  expect(await signIn(jar, 'ann')).toBe(refused('failed'));
  expect(jar.find('google-refresh-token')).toBeUndefined();
  expect(await lastFailure()).toBe(reason);
});

it('goes on after the provider changed its keys, and says when they cannot be fetched', async () => {
  await google.steer({ token: 'rotated' });
  expect(await signIn(new CookieJar(), 'ann')).toBe(entered());
  await google.steer({ token: 'none', down: ['/jwks'] });
  expect(await signIn(new CookieJar(), 'ann')).toBe(refused('unavailable'));
  expect(await lastFailure()).toBe('provider_unavailable');
});

it.each([
  ['unverified', 'email_not_verified', 'email_not_verified'],
  ['suffix', 'not_allowed', 'domain_not_allowed'],
  ['no-hd', 'not_allowed', 'domain_not_allowed'],
])('refuses the account %s', async (name, word, reason) => {
  expect(await signIn(new CookieJar(), name)).toBe(refused(word));
  expect(await lastFailure()).toBe(reason);
});

it('refuses a callback that did not begin in this browser', async () => {
  const victim = new CookieJar();
  const attacker = new CookieJar();
  const callback = await callbackOf(attacker, 'bob');
  // Login CSRF: the attacker's callback in the victim's browser, before and
  // after the victim has begun a sign-in of their own.
  const bare = await victim.fetch(callback);
  expect(target(bare, callback)).toBe(`${hub.origin}/?error=start_again`);
  expect(await lastFailure()).toBe('no_flow_cookie');
  await begin(victim);
  const mixed = await victim.fetch(callback);
  expect(target(mixed, callback)).toBe(`${hub.origin}/?error=start_again`);
  expect(await lastFailure()).toBe('state_mismatch');
  expect(victim.find('google-refresh-token')).toBeUndefined();

  // The same callback a second time, in the right browser.
  await attacker.fetch(callback);
  const replayed = await attacker.fetch(callback);
  expect(target(replayed, callback)).toBe(`${hub.origin}/?error=start_again`);
});

it('goes back to pages of the portal only', async () => {
  for (const url of [
    'https://evil.example.org',
    `${hub.origin}.evil.example.org`,
    'data:text/html,hello',
    '//evil.example.org',
  ]) {
    expect((await begin(new CookieJar(), url)).status).toBe(403);
  }
  const jar = new CookieJar();
  const callback = new URL(await callbackOf(jar, 'ann'));
  const state = Buffer.from(
    callback.searchParams.get('state') ?? '',
    'hex',
  ).toString();
  const changed = new URLSearchParams(state);
  changed.set('redirectUrl', 'https://evil.example.org');
  callback.searchParams.set(
    'state',
    Buffer.from(changed.toString()).toString('hex'),
  );
  const response = await jar.fetch(callback.href);
  expect(target(response, callback.href)).toBe(
    `${hub.origin}/?error=start_again`,
  );
});

it('never takes over an id that was there before the sign-in', async () => {
  const jar = new CookieJar();
  await signIn(jar, 'ann');
  jar.set('google-refresh-token', 'planted-by-somebody');
  await signIn(jar, 'ann');
  expect(jar.find('google-refresh-token')?.value).not.toBe(
    'planted-by-somebody',
  );
});

it('lets two tabs refresh at once, and ends a session whose id was copied', async () => {
  const jar = new CookieJar();
  await signIn(jar, 'ann');
  const copy = jar.find('google-refresh-token')?.value ?? '';
  expect((await refresh(jar)).status).toBe(200);
  const next = jar.find('google-refresh-token')?.value ?? '';
  jar.set('google-refresh-token', copy);
  const tab = await refresh(jar);
  expect(tab.status).toBe(200);
  const { backstageIdentity } = await tab.json();
  expect(jar.find('google-refresh-token')?.value).toBe(next);

  const records = await hub.records();
  await records.query(
    `update retired_session_ids set retired_at = now() - interval '31 seconds'`,
  );
  await records.end();
  jar.set('google-refresh-token', copy);
  expect((await refresh(jar)).status).toBe(401);
  expect((await api(backstageIdentity.token)).status).toBe(401);
  const { items } = await admin.call('listAuditEvents', {
    query: { action: 'session.revoked', limit: 1 },
  });
  expect(items[0].payload.reason).toBe('replayed_id');
});

it('refuses what another site sends with the cookie', async () => {
  const jar = new CookieJar();
  await signIn(jar, 'ann');
  const foreign: Record<string, string>[] = [
    { ...own(), Origin: 'https://evil.example.org' },
    { 'X-Requested-With': 'XMLHttpRequest' },
    { Origin: hub.origin },
  ];
  for (const headers of foreign) {
    expect((await refresh(jar, headers)).status).toBe(403);
    const out = await jar.fetch(`${base}/logout?env=development`, {
      method: 'POST',
      headers,
    });
    expect(out.status).toBe(403);
  }
  expect((await refresh(jar)).status).toBe(200);
});

it('asks the provider hourly: an outage is passed over, an end is an end', async () => {
  const jar = new CookieJar();
  await signIn(jar, 'bob');
  const records = await hub.records();
  const hourLater = () =>
    records.query(
      `update sessions set upstream_checked_at = now() - interval '61 minutes'`,
    );
  const { rows } = await records.query(
    `select upstream_token from sessions order by id desc limit 1`,
  );
  expect(rows[0].upstream_token).toMatch(/^v1\./);

  await google.steer({ down: ['/token'] });
  await hourLater();
  expect((await refresh(jar)).status).toBe(200);
  // Asked just now, so not again.
  await google.steer({ down: [], accounts: accounts.slice(0, 1) });
  expect((await refresh(jar)).status).toBe(200);
  await hourLater();
  await records.end();
  expect((await refresh(jar)).status).toBe(401);
  const { items } = await admin.call('listAuditEvents', {
    query: { action: 'session.revoked', limit: 1 },
  });
  expect(items[0].payload.reason).toBe('ended_by_provider');
});

it('holds a revocation, a disabling and an e-mail that changed hands', async () => {
  const jar = new CookieJar();
  await signIn(jar, 'ann');
  const token = await tokenOf(jar);
  const { items: sessions } = await admin.call('listSessions', {
    query: { limit: 1 },
  });
  expect(sessions[0].user.email).toBe('ann@example.com');
  await admin.call('revokeSession', { params: { id: sessions[0].id } });
  expect((await api(token)).status).toBe(401);

  const { items: users } = await admin.call('listUsers', {
    query: { q: 'ann@example.com' },
  });
  const [ann] = users;
  const other = new CookieJar();
  await signIn(other, 'heir');
  const heir = await (await api(await tokenOf(other))).json();
  expect(heir.user.email).toBe('ann@example.com');
  expect(heir.user.id).not.toBe(ann.id);

  await admin.call('updateUser', {
    params: { id: heir.user.id },
    body: { disabled: true, expectedRevision: heir.user.revision },
  });
  expect(await signIn(new CookieJar(), 'heir')).toBe(refused('disabled'));
});

it('lets in whom an admin prepared, and with a password only whom the settings allow', async () => {
  const settings = await admin.call('getAuthSettings', {});
  const { revision, localForced, ...policy } = settings;
  expect(localForced).toBe(false);
  await admin.call('updateAuthSettings', {
    body: { ...policy, autoProvision: false, expectedRevision: revision },
  });
  const cara = account('cara');
  await google.steer({ accounts: [...accounts, cara] });
  const jar = new CookieJar();
  expect(await signIn(jar, 'cara')).toBe(refused('not_provisioned'));
  const prepared = await admin.call('createUser', {
    body: { email: 'cara@example.com', role: 'manager' },
  });
  const password = await admin.call('setOneTimePassword', {
    params: { id: prepared.id },
  });
  expect(await signIn(jar, 'cara')).toBe(entered());
  const me = await (await api(await tokenOf(jar))).json();
  expect(me.user).toMatchObject({ id: prepared.id, role: 'manager' });

  // From now on she is Google's, and her password is no way round it.
  const local = await fetch(`${hub.baseUrl}/api/auth/local/refresh`, {
    method: 'POST',
    headers: { ...own(), 'Content-Type': 'application/json' },
    body: JSON.stringify({
      email: 'cara@example.com',
      password: password.password,
    }),
  });
  expect(local.status).toBe(403);
  expect(await lastFailure()).toBe('google_required');
  const again = await admin.refused('setOneTimePassword', {
    params: { id: prepared.id },
  });
  expect(again.code).toBe('GOOGLE_USER');
  await admin.call('revokeSessions', { query: { user: prepared.id } });
  expect((await refresh(jar)).status).toBe(401);
});

it('keeps secrets out of its log, also at level debug', async () => {
  // Backstage's own plugins, with the addresses that were asked for, are in it.
  const said = [
    'Signed in by google',
    'debug',
    '/api/auth/google/handler/frame',
  ];
  expect(said.filter(text => !hub.output.includes(text))).toEqual([]);

  expect(CookieJar.seen.size).toBeGreaterThan(20);
  const secrets = [
    OpenIdProcess.clientSecret,
    hub.password('admin@example.com'),
    ...CookieJar.seen,
    // Flow cookies hold the verifier before the dot.
    ...[...CookieJar.seen].map(value => value.split('.')[0]),
  ].filter(secret => secret.length >= 12);
  expect(secrets.filter(secret => hub.output.includes(secret))).toEqual([]);
  expect(/.*(code=|code_verifier|id_token|eyJ).*/.exec(hub.output)).toBeNull();
});
