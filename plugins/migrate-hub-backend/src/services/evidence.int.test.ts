import { mockCredentials } from '@backstage/backend-test-utils';
import { generateKeyPairSync } from 'crypto';
import { InventoryWorld } from '../__testUtils__/InventoryWorld';
import { testConfig } from '../__testUtils__/testConfig';
import { HubServices } from '../api/services';
import { findUser } from '../store/users';
import { CommandContext } from './context';

jest.setTimeout(30_000);

const der = () =>
  generateKeyPairSync('ed25519')
    .privateKey.export({ format: 'der', type: 'pkcs8' })
    .toString('base64');

describe('a writer in the metadata database', () => {
  let world: InventoryWorld;
  const config = {
    migrateHub: {
      ...testConfig().migrateHub,
      signIn: { defaultRole: 'user' },
    },
  };
  let dbSetId: string;
  let project: string;

  beforeAll(async () => {
    world = await InventoryWorld.create(config);
    dbSetId = await world.createDbSet();
    project = (await world.knex('projects').first('key')).key;
    const database = await world.createDatabase();
    const target = world.input(dbSetId, { name: 'main', database });
    await world.services.dbTargets.create(world.users.uma, target);
  });
  afterAll(() => world.drop());

  const requested = async (key: string) => {
    const { migrations, runRequests } = world.services;
    const { uma } = world.users;
    const { id } = await migrations.create(uma, {
      ...{ project, key, name: key, sqlUp: 'select 1;\n' },
      transactionMode: 'auto',
    });
    return runRequests.request(uma, id, {
      ...{ environment: 'stg', dbSetIds: [dbSetId], type: 'apply' },
    });
  };

  /** Who calls, as every call of the API finds it out. */
  const calling = async (
    name: keyof InventoryWorld['users'],
    hub = world.hub(config),
  ): Promise<CommandContext> => {
    const { user } = world.users[name].caller;
    const now = await findUser(world.knex, user.id);
    const credentials = mockCredentials.user(now?.entityRef);
    return { caller: await hub.identity.resolve({ credentials }) };
  };

  const approve = (
    context: CommandContext,
    run: { id: string; digest: string },
    services: HubServices = world.services,
  ) =>
    services.runDecisions.decide(context, run.id, {
      decision: 'approve',
      digest: run.digest,
    });

  const write = (name: keyof InventoryWorld['users'], change: object) =>
    world
      .knex('users')
      .where({ id: world.users[name].caller.user.id })
      .update(change);

  const statusOf = async (id: string): Promise<string> =>
    (await world.knex('runs').where({ id }).first('status')).status;

  it('makes nobody a manager', async () => {
    const run = await requested('forged-role');
    const granted = { role: 'manager', role_granted_by: null };
    await write('otto', granted);
    // With the signature of a real manager, too.
    const mia = await world
      .knex('users')
      .where({ id: world.users.mia.caller.user.id })
      .first('grant_at', 'grant_key_id', 'grant_signature');
    for (const forged of [granted, { ...granted, ...mia }]) {
      await write('otto', forged);
      const otto = await calling('otto');
      expect(otto.caller.user.role).toBe('user');
      await expect(approve(otto, run)).rejects.toEqual(
        expect.objectContaining({ code: 'ROLE_REQUIRED' }),
      );
    }
    const { items } = await world.services.users.list(world.users.ada, {
      ...{ limit: 9, q: 'otto' },
    });
    expect(items).toMatchObject([{ role: 'user', unproved: true }]);

    // What he does afterwards does not sign it along; an admin has to.
    const { users } = world.services;
    const given = await users.update(world.users.ada, items[0].id, {
      ...{ role: 'manager', expectedRevision: items[0].revision },
    });
    expect(given.unproved).toBeUndefined();
    await approve(await calling('otto'), run);
    expect(await statusOf(run.id)).toBe('approved');
  });

  it('takes over no account of a manager', async () => {
    const thefts = [
      { entity_ref: 'user:default/thief' },
      { email: 'thief@example.com' },
      { external_issuer: 'https://accounts.google.com', external_sub: '7' },
      { password_hash: 'his', password_digest: 'f'.repeat(64) },
    ];
    const id = world.users.mia.caller.user.id;
    const before = await world.knex('users').where({ id }).first();
    for (const theft of thefts) {
      await write('mia', theft);
      expect((await calling('mia')).caller.user.role).toBe('user');
      await write('mia', before);
      expect((await calling('mia')).caller.user.role).toBe('manager');
    }

    // Given again, the role comes without whatever the thief put there.
    await write('mia', { ...thefts[0], ...thefts[2], ...thefts[3] });
    const { users } = world.services;
    const { revision } = await world.knex('users').where({ id }).first();
    await users.update(world.users.ada, id, {
      ...{ role: 'manager', expectedRevision: revision },
    });
    const after = await world.knex('users').where({ id }).first();
    expect(after).toMatchObject({
      ...{ external_sub: null, password_hash: null, role: 'manager' },
      entity_ref: expect.not.stringContaining('thief'),
    });
    expect((await calling('mia')).caller.user.role).toBe('manager');
    const [event] = await world
      .knex('audit_events')
      .where({ action: 'user.role_changed', entity_id: id })
      .orderBy('id', 'desc');
    expect(event.payload).toEqual({
      ...{ from: 'user', to: 'manager', unproved: true },
    });
  });

  it('adds no approval, and keeps none of somebody who lost the role', async () => {
    const run = await requested('kept-role');
    const mia = await calling('mia');
    await approve(mia, run);
    expect(await statusOf(run.id)).toBe('approved');
    const { users } = world.services;
    const { ada } = world.users;
    const { id, revision } = mia.caller.user;
    await users.update(ada, id, { role: 'user', expectedRevision: revision });
    await write('mia', { role: 'manager' });
    await world.hub(config).lapses.lapseAll();
    expect(await statusOf(run.id)).toBe('awaiting_approval');
    await users.update(ada, id, {
      ...{ role: 'manager', expectedRevision: revision + 1 },
    });
  });

  it('finds nothing of a person who was erased, and the trail is whole as before', async () => {
    const { users, signInLog, audit } = world.services;
    const { ada } = world.users;
    const hub = world.hub(config);
    const whole = async () => {
      await hub.chainer.linkAll();
      const query = { full: true };
      return hub.services.auditVerifier.verify(ada, query);
    };
    const { id, revision } = await users.create(ada, {
      ...{ email: 'leaver@example.com', name: 'Lea Leaver', role: 'user' },
    });
    const user = await findUser(world.knex, id);
    await signInLog.failed({
      ...{ provider: 'local', reason: 'wrong_password', user },
      client: { address: '192.0.2.99' },
    });
    const { items } = await audit.list(ada, {
      ...{ limit: 5, entityType: 'user', entityId: id },
    });
    expect(items.map(event => event.payload)).toEqual([
      { provider: 'local', reason: 'wrong_password', address: '192.0.2.99' },
      { role: 'user', email: 'leaver@example.com' },
    ]);
    expect(await whole()).toMatchObject({ ok: true, reason: undefined });
    await expect(
      world.knex('audit_personal').update({ data: '{}' }),
    ).rejects.toThrow('append-only');

    await expect(users.erase(ada, id)).rejects.toEqual(
      expect.objectContaining({ code: 'WRONG_STATE' }),
    );
    await users.update(ada, id, { disabled: true, expectedRevision: revision });
    expect(await users.erase(ada, id)).toEqual({ events: 2 });
    const left = JSON.stringify([
      (await world.audit()).text,
      ...(await world.knex('audit_personal')),
      ...(await world.knex('users')),
    ]);
    expect(left).not.toMatch(/192\.0\.2\.99|leaver/i);
    expect(left).toContain('Erased person');
    expect(await whole()).toMatchObject({ ok: true });
    expect((await world.audit()).actions).toContain('user.erased');
  });

  it('does not decide who gets in, and as what', async () => {
    const settings = { autoProvision: true, defaultRole: 'manager' };
    await world.knex('settings').insert({
      ...{ key: 'auth', value: JSON.stringify({ settings, keyId: '1' }) },
    });
    const { authSettings } = world.services;
    expect((await authSettings.get(world.users.ada)).defaultRole).toBe('user');
  });

  it('cannot use a key that was lost either: what it signed since goes back to approval', async () => {
    const run = await requested('lost-key');
    await approve(await calling('mia'), run);
    expect(await statusOf(run.id)).toBe('approved');
    const { created_at: since } = await world
      .knex('approvals')
      .where({ run_id: run.id })
      .first();

    const [old] = config.migrateHub.signing.keys;
    const compromised = { ...old, compromisedSince: since.toISOString() };
    const keys = [{ id: 'new', privateKey: der() }, compromised];
    const hub = world.hub({
      migrateHub: { ...config.migrateHub, signing: { keys } },
    });
    await hub.lapses.lapseAll();
    expect(await statusOf(run.id)).toBe('awaiting_approval');
    const events = await world
      .knex('audit_events')
      .where({ run_id: run.id, action: 'approval.invalidated' });
    expect(events.map(event => event.payload)).toEqual([
      expect.objectContaining({
        cause: 'the key that signed the approval was compromised',
      }),
    ]);

    // The same manager may approve it again, and that counts.
    const mia = await calling('mia', hub);
    const now = await hub.services.runQueries.get(mia, run.id);
    expect(now.revision).toBe(2);
    await approve(mia, now, hub.services);
    expect(await statusOf(run.id)).toBe('approved');
    await hub.lapses.lapseAll();
    expect(await statusOf(run.id)).toBe('approved');
  });
});
