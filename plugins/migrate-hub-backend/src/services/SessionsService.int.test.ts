import { plantSecret } from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { mockCredentials, mockServices } from '@backstage/backend-test-utils';
import { createHash } from 'crypto';
import { Knex } from 'knex';
import { testConfig, testSigner } from '../__testUtils__/testConfig';
import { createSignIn } from '../createSignIn';
import { SecretBox } from '../crypto/SecretBox';
import { createTestDatabase } from '../testing/testDatabase';
import { Commands } from './Commands';
import { ensureDemoUsers } from './DemoUsers';
import { IdentityService } from './IdentityService';
import { RoleGrants } from './RoleGrants';

jest.setTimeout(30_000);

const PASSWORD = plantSecret();

const demo = (user: object = {}) => ({
  demo: {
    users: [
      {
        email: 'user@example.com',
        name: 'Uma User',
        role: 'user',
        password: PASSWORD,
        ...user,
      },
    ],
  },
});

describe('signing in with a password', () => {
  let knex: Knex;
  let drop: () => Promise<void>;
  const base = testConfig();
  const signer = testSigner(base);
  const grants = RoleGrants.create(signer);

  beforeEach(async () => {
    ({ knex, drop } = await createTestDatabase());
  });
  afterEach(() => drop());

  async function startHub(
    migrateHub: object,
    providers: object = { local: {} },
  ) {
    const config = mockServices.rootConfig({
      data: {
        auth: { providers },
        migrateHub: { ...base.migrateHub, ...migrateHub },
      },
    });
    const { services, firstAdmins } = createSignIn({
      commands: Commands.create(knex),
      config,
      logger: mockServices.logger.mock(),
      secrets: SecretBox.fromConfig(config),
      userInfo: mockServices.userInfo(),
      signer,
    });
    await ensureDemoUsers({ knex, config, grants });
    await firstAdmins.ensure(knex);
    return services;
  }

  type Services = Awaited<ReturnType<typeof startHub>>;

  async function signIn({ localSignIn }: Services, changes: object = {}) {
    const { sessionId = '', ...grant } = await localSignIn.signIn({
      email: 'user@example.com',
      password: PASSWORD,
      address: '192.0.2.1',
      ...changes,
    });
    return { sessionId, ...grant };
  }

  const audit = () =>
    knex('audit_events').orderBy('id').select('action', 'entity_id', 'payload');
  const actions = async () => (await audit()).map(event => event.action);

  /** What the identity service is asked with, after the auth backend put `sid` into its token. */
  const call = (grant: { sid: string; user: { entityRef: string } }) => ({
    credentials: mockCredentials.user(grant.user.entityRef),
    bearer: `e30.${Buffer.from(JSON.stringify({ sid: grant.sid })).toString(
      'base64url',
    )}.c2ln`,
  });

  it('opens a session whose id only the browser knows', async () => {
    const hub = await startHub(demo());
    const grant = await signIn(hub, {
      email: ' User@Example.COM ',
      agent: 'Firefox',
    });

    expect(grant.user).toEqual({
      id: expect.any(String),
      entityRef: expect.stringMatching(/^user:default\/u-[0-9a-f]{20}$/),
      email: 'user@example.com',
      name: 'Uma User',
    });
    const [row] = await knex('sessions');
    expect(row).toMatchObject({
      id: grant.sid,
      address: '192.0.2.1',
      agent: 'Firefox',
      revoked_at: null,
    });
    expect(JSON.stringify(row)).not.toContain(grant.sessionId);
    expect(await actions()).toEqual([
      'user.created',
      'password.set',
      'login.succeeded',
      'session.created',
    ]);
    expect(JSON.stringify(await audit())).not.toContain(PASSWORD);

    const again = await hub.sessions.refresh({ sessionId: grant.sessionId });
    expect(again.sid).toBe(grant.sid);
    const identity = IdentityService.create({ knex, grants });
    expect((await identity.resolve(call(grant))).user.email).toBe(
      'user@example.com',
    );
  });

  it('says the same for a wrong password, an unknown account and one without a password', async () => {
    const hub = await startHub(demo());
    await IdentityService.create({ knex, grants }).resolve({
      credentials: mockCredentials.user('user:default/guest'),
    });
    await knex('users')
      .where({ entity_ref: 'user:default/guest' })
      .update({ email: 'guest@example.com' });

    const refusals = [];
    for (const change of [
      { password: 'wrong' },
      { email: 'nobody@example.com' },
      { email: 'guest@example.com' },
      { email: 'no address\u0000' },
    ]) {
      refusals.push(
        await signIn(hub, change).catch(error => [error.code, error.message]),
      );
    }
    expect(new Set(refusals.map(String)).size).toBe(1);
    expect(refusals[0]).toEqual([
      'NOT_SIGNED_IN',
      'The e-mail address or the password is wrong.',
    ]);
    expect(await knex('sessions')).toEqual([]);

    const failures = (await audit()).filter(e => e.action === 'login.failed');
    expect(failures.map(event => event.payload.reason)).toEqual([
      'wrong_password',
      'unknown_account',
      'wrong_password',
      'unknown_account',
    ]);
    expect(JSON.stringify(failures)).not.toContain('nobody@example.com');
  });

  it('is nobody else by a row that somebody wrote into the database', async () => {
    const hub = await startHub(demo());
    const { sessionId, sid } = await signIn(hub);
    const { id } = await knex('users').first('id');
    const other = await IdentityService.create({ knex, grants }).resolve({
      credentials: mockCredentials.user('user:default/other'),
    });
    await knex('sessions')
      .where({ id: sid })
      .update({ user_id: other.user.id });
    await expect(hub.sessions.refresh({ sessionId })).rejects.toMatchObject({
      code: 'NOT_SIGNED_IN',
    });
    // Nor by one with the hash of an id of their own making.
    await knex('sessions')
      .where({ id: sid })
      .update({
        user_id: id,
        secret_hash: createHash('sha256').update('mine').digest(),
      });
    await expect(
      hub.sessions.refresh({ sessionId: 'mine' }),
    ).rejects.toMatchObject({ code: 'NOT_SIGNED_IN' });
  });

  it('refuses a disabled user, with the reason only for the right password', async () => {
    const hub = await startHub(demo());
    const grant = await signIn(hub);
    await knex('users').update({ disabled_at: knex.fn.now() });

    await expect(signIn(hub)).rejects.toMatchObject({
      code: 'USER_DISABLED',
    });
    await expect(signIn(hub, { password: 'wrong' })).rejects.toMatchObject({
      code: 'NOT_SIGNED_IN',
    });
    await expect(
      hub.sessions.refresh({ sessionId: grant.sessionId }),
    ).rejects.toMatchObject({ code: 'USER_DISABLED' });
    await expect(
      IdentityService.create({ knex, grants }).resolve(call(grant)),
    ).rejects.toMatchObject({ code: 'USER_DISABLED' });
  });

  it('ends a session at sign-out, from the next call on', async () => {
    const hub = await startHub(demo());
    const identity = IdentityService.create({ knex, grants });
    const grant = await signIn(hub);
    const other = await signIn(hub);

    await hub.sessions.revoke({ sessionId: grant.sessionId });
    await hub.sessions.revoke({ sessionId: grant.sessionId });
    await hub.sessions.revoke({ sessionId: 'never was' });

    await expect(identity.resolve(call(grant))).rejects.toMatchObject({
      code: 'NOT_SIGNED_IN',
    });
    await expect(
      hub.sessions.refresh({ sessionId: grant.sessionId }),
    ).rejects.toMatchObject({ code: 'NOT_SIGNED_IN' });
    expect((await identity.resolve(call(other))).user.id).toBe(other.user.id);
    expect(
      (await actions()).filter(action => action === 'session.revoked'),
    ).toHaveLength(1);
  });

  it('ends a session at its limits', async () => {
    const hub = await startHub({
      ...demo(),
      sessions: { absoluteHours: 12, idleHours: 2 },
    });
    const identity = IdentityService.create({ knex, grants });
    const idle = await signIn(hub);
    const old = await signIn(hub);
    const lifetime = new Date(old.expiresAt).getTime() - Date.now();
    expect(lifetime / 3_600_000).toBeCloseTo(12, 1);

    await knex('sessions')
      .where({ id: idle.sid })
      .update({ last_seen_at: knex.raw(`now() - interval '121 minutes'`) });
    await knex('sessions')
      .where({ id: old.sid })
      .update({ expires_at: knex.raw(`now() - interval '1 second'`) });

    for (const grant of [idle, old]) {
      await expect(
        hub.sessions.refresh({ sessionId: grant.sessionId }),
      ).rejects.toMatchObject({ code: 'NOT_SIGNED_IN' });
    }
    await expect(identity.resolve(call(old))).rejects.toMatchObject({
      code: 'NOT_SIGNED_IN',
    });
  });

  it('changes the password on the way in and ends the other sessions', async () => {
    const hub = await startHub(demo());
    const before = await signIn(hub);

    await expect(signIn(hub, { newPassword: 'short' })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
    await expect(signIn(hub, { newPassword: PASSWORD })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });

    const next = 'another horse battery';
    const grant = await signIn(hub, { newPassword: next });
    await hub.sessions.refresh({ sessionId: grant.sessionId });
    await expect(
      hub.sessions.refresh({ sessionId: before.sessionId }),
    ).rejects.toMatchObject({ code: 'NOT_SIGNED_IN' });
    await expect(signIn(hub)).rejects.toMatchObject({
      code: 'NOT_SIGNED_IN',
    });
    await signIn(hub, { password: next });
  });

  it('stops guessing at an account, also many guesses at once', async () => {
    const hub = await startHub(demo());
    await signIn(hub);
    const guesses = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        signIn(hub, { password: `guess ${index}` }).catch(error => error.code),
      ),
    );
    const tried = guesses.filter(code => code === 'NOT_SIGNED_IN').length;
    expect(tried).toBe(10);
    expect(guesses.filter(code => code === 'TOO_MANY_REQUESTS').length).toBe(
      20,
    );

    await expect(signIn(hub)).rejects.toMatchObject({
      code: 'TOO_MANY_REQUESTS',
      statusCode: 429,
      retryAfterSeconds: 900,
    });
    // The owner gets in from elsewhere, and here after the window.
    await signIn(hub, { address: '192.0.2.2' });
    for (let index = 0; index < 11; index++) {
      await signIn(hub, { password: 'guess' }).catch(() => {});
    }
    await knex('sign_in_attempts').update({
      at: knex.raw(`now() - interval '16 minutes'`),
    });
    await signIn(hub);
  });

  it('stops spraying one password over many accounts from one address', async () => {
    const hub = await startHub(demo());
    const sprayed = await Promise.all(
      Array.from({ length: 110 }, (_, index) =>
        signIn(hub, {
          email: `person${index}@example.com`,
          password: 'Winter2026!!',
          address: '192.0.2.66',
        }).catch(error => error.code),
      ),
    );
    expect(sprayed.filter(code => code === 'NOT_SIGNED_IN').length).toBe(100);
    // A right guess is worth nothing any more, and the trail says why.
    await expect(signIn(hub, { address: '192.0.2.66' })).rejects.toMatchObject({
      code: 'TOO_MANY_REQUESTS',
    });
    const reasons = (await audit())
      .filter(event => event.action === 'login.failed')
      .map(event => event.payload.reason);
    expect(reasons.filter(reason => reason === 'unknown_account').length).toBe(
      100,
    );
    expect(reasons).toContain('throttled');
    // Who guesses nothing is not touched.
    await signIn(hub);
  });

  it('lets people in with a password on the day Google is down, whatever was set', async () => {
    const providers = { local: {}, google: {} };
    const usual = await startHub(demo(), providers);
    // With Google there, passwords are off until somebody says otherwise.
    await expect(signIn(usual)).rejects.toMatchObject({
      code: 'SIGN_IN_REFUSED',
    });
    // Uma is Google's by now.
    await knex('users')
      .where({ email: 'user@example.com' })
      .update({ external_issuer: 'https://google', external_sub: '1' });

    const forced = await startHub(
      { ...demo(), signIn: { forceLocalSignIn: true } },
      providers,
    );
    expect(await forced.authSettings.options()).toMatchObject({ local: true });
    expect((await signIn(forced)).user.email).toBe('user@example.com');
    await expect(
      signIn(forced, { password: 'not hers' }),
    ).rejects.toMatchObject({ code: 'NOT_SIGNED_IN' });

    const denied = await startHub(
      {
        ...demo(),
        signIn: { forceLocalSignIn: true, deniedEmails: ['user@example.com'] },
      },
      providers,
    );
    await expect(signIn(denied)).rejects.toMatchObject({
      code: 'SIGN_IN_REFUSED',
    });
    const back = await startHub(demo(), providers);
    await expect(signIn(back)).rejects.toMatchObject({
      code: 'SIGN_IN_REFUSED',
    });
  });

  it('makes first admins of the config admins, whether they exist or come later', async () => {
    const hub = await startHub({
      ...demo(),
      firstAdmins: ['User@example.com', 'ops@example.com'],
      firstAdminPassword: 'change me at once',
    });
    const roles = await knex('users').orderBy('email').select('email', 'role');
    expect(roles).toEqual([
      { email: 'ops@example.com', role: 'admin' },
      { email: 'user@example.com', role: 'admin' },
    ]);
    await signIn(hub, {
      email: 'ops@example.com',
      password: 'change me at once',
      newPassword: 'changed at once',
    });

    const { id } = await knex('users')
      .where({ email: 'ops@example.com' })
      .first();
    await knex.transaction(tx =>
      grants.update(tx, id, { role: { to: 'user' } }),
    );
    const grant = await signIn(hub, {
      email: 'ops@example.com',
      password: 'changed at once',
    });
    expect(await knex('users').where({ id: grant.user.id }).first()).toEqual(
      expect.objectContaining({ role: 'admin', role_granted_by: null }),
    );
    expect(await actions()).toContain('user.role_changed');
  });

  it('keeps demo accounts as the config says, but not against a decision of a person', async () => {
    await startHub(demo());
    const [first] = await knex('users');
    const hub = await startHub(
      demo({ password: 'a new password', role: 'manager' }),
    );
    await signIn(hub, { password: 'a new password' });
    const [second] = await knex('users');
    expect(second).toMatchObject({
      id: first.id,
      entity_ref: first.entity_ref,
      role: 'manager',
    });

    const role = { to: 'user', by: first.id } as const;
    await knex.transaction(tx => grants.update(tx, first.id, { role }));
    const events = (await audit()).length;
    await startHub(demo({ password: 'a new password', role: 'manager' }));
    expect((await knex('users'))[0].role).toBe('user');
    expect(await audit()).toHaveLength(events);
  });

  it('has no accounts of its own without the config', async () => {
    await startHub({});
    expect(await knex('users')).toEqual([]);
  });
});
