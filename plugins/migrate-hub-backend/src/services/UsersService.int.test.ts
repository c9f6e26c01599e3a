import { mockCredentials, mockServices } from '@backstage/backend-test-utils';
import { Role } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { testSigner } from '../__testUtils__/testConfig';
import { UserRecord } from '../domain/types';
import { findUser } from '../store/users';
import { createTestDatabase } from '../testing/testDatabase';
import { AuthSettings } from './AuthSettings';
import { Commands } from './Commands';
import { CommandContext } from './context';
import { IdentityService } from './IdentityService';
import { RoleGrants } from './RoleGrants';
import { UsersService } from './UsersService';

describe('administering users', () => {
  let knex: Knex;
  let drop: () => Promise<void>;
  let users: UsersService;
  const signer = testSigner();
  const grants = RoleGrants.create(signer);

  beforeEach(async () => {
    ({ knex, drop } = await createTestDatabase());
    const commands = Commands.create(knex);
    const config = mockServices.rootConfig({
      data: { auth: { providers: { google: {}, local: {} } } },
    });
    users = UsersService.create({
      commands,
      settings: AuthSettings.create({ commands, config, signer }),
      grants,
    });
  });
  afterEach(() => drop());

  async function add(name: string, role: Role): Promise<UserRecord> {
    const user = await knex.transaction(tx =>
      grants.insert(tx, {
        entityRef: `user:default/${name}`,
        kind: 'person',
        provider: 'local',
        email: `${name}@example.com`,
        name,
        role,
      }),
    );
    if (!user) throw new Error(`${name} is there already`);
    return user;
  }
  async function as(user: UserRecord): Promise<CommandContext> {
    const now = await findUser(knex, user.id);
    return {
      caller: {
        user: now ?? user,
        credentials: mockCredentials.user(user.entityRef),
      },
      requestId: 'request-1',
    };
  }

  it('changes a role and disables, from the next call on, with a trace', async () => {
    const ada = await add('ada', 'admin');
    const uma = await add('uma', 'user');
    await knex('sessions').insert({
      id: '01936d5c-0000-7000-8000-000000000001',
      user_id: uma.id,
      provider: 'local',
      secret_hash: Buffer.from('x'),
      expires_at: knex.raw(`now() + interval '1 hour'`),
    });

    const promoted = await users.update(await as(ada), uma.id, {
      role: 'manager',
      expectedRevision: 1,
    });
    expect(promoted).toMatchObject({ role: 'manager', revision: 2 });
    expect((await findUser(knex, uma.id))?.roleGrantedBy).toBe(ada.id);
    await users.update(await as(ada), uma.id, {
      role: 'manager',
      disabled: true,
      expectedRevision: 2,
    });

    await expect(
      IdentityService.create({ knex, grants }).resolve({
        credentials: mockCredentials.user(uma.entityRef),
      }),
    ).rejects.toMatchObject({ code: 'USER_DISABLED' });
    expect((await knex('sessions').first()).revoked_at).not.toBeNull();
    const events = await knex('audit_events').orderBy('id');
    expect(
      events.map(({ action, actor_id, entity_id, payload, request_id }) => ({
        action,
        actor_id,
        entity_id,
        payload,
        request_id,
      })),
    ).toEqual([
      {
        action: 'user.role_changed',
        actor_id: ada.id,
        entity_id: uma.id,
        payload: { from: 'user', to: 'manager' },
        request_id: 'request-1',
      },
      {
        action: 'user.disabled',
        actor_id: ada.id,
        entity_id: uma.id,
        payload: { sessionsRevoked: 1 },
        request_id: 'request-1',
      },
    ]);

    const enabled = await users.update(await as(ada), uma.id, {
      disabled: false,
      expectedRevision: 3,
    });
    expect(enabled.disabled).toBe(false);
  });

  it('is for admins in person', async () => {
    const max = await add('max', 'manager');
    const ada = await add('ada', 'admin');
    await expect(
      users.update(await as(max), ada.id, {
        role: 'user',
        expectedRevision: 1,
      }),
    ).rejects.toMatchObject({ code: 'ROLE_REQUIRED' });
    await expect(
      users.list(await as(max), { limit: 50 }),
    ).rejects.toMatchObject({ code: 'ROLE_REQUIRED' });

    const context = await as(ada);
    context.caller.viaPlugin = 'scaffolder';
    await expect(
      users.update(context, max.id, { role: 'user', expectedRevision: 1 }),
    ).rejects.toMatchObject({ code: 'ON_BEHALF_NOT_ALLOWED' });
    expect(await knex('audit_events')).toEqual([]);
  });

  it('refuses a change of what is not there or was changed meanwhile', async () => {
    const ada = await add('ada', 'admin');
    const uma = await add('uma', 'user');
    await expect(
      users.update(await as(ada), '01936d5c-0000-7000-8000-00000000dead', {
        role: 'user',
        expectedRevision: 1,
      }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(
      users.update(await as(ada), uma.id, {
        role: 'manager',
        expectedRevision: 7,
      }),
    ).rejects.toMatchObject({ code: 'STALE_REVISION' });
    expect((await findUser(knex, uma.id))?.role).toBe('user');
  });

  it('keeps one active admin, also when two demote each other at once', async () => {
    const ada = await add('ada', 'admin');
    await expect(
      users.update(await as(ada), ada.id, {
        disabled: true,
        expectedRevision: 1,
      }),
    ).rejects.toMatchObject({ code: 'LAST_ADMIN' });

    const bob = await add('bob', 'admin');
    const [asAda, asBob] = [await as(ada), await as(bob)];
    const demote = { role: 'user', expectedRevision: 1 } as const;
    const answers = await Promise.allSettled([
      users.update(asAda, bob.id, demote),
      users.update(asBob, ada.id, demote),
    ]);
    expect(answers.map(answer => answer.status).sort()).toEqual([
      'fulfilled',
      'rejected',
    ]);
    const [{ count }] = await knex('users').where({ role: 'admin' }).count();
    expect(count).toBe('1');
  });

  it('lists users newest first, by filter and page by page', async () => {
    const ada = await add('ada', 'admin');
    for (const name of ['u1', 'u2', 'u3_x', 'u4']) await add(name, 'user');
    const context = await as(ada);

    const first = await users.list(context, { limit: 3 });
    expect(first.items.map(user => user.name)).toEqual(['u4', 'u3_x', 'u2']);
    const second = await users.list(context, {
      limit: 3,
      cursor: first.nextCursor,
    });
    expect(second.items.map(user => user.name)).toEqual(['u1', 'ada']);
    expect(second.nextCursor).toBeUndefined();

    const found = await users.list(context, { limit: 50, q: '3_X@' });
    expect(found.items.map(user => user.email)).toEqual(['u3_x@example.com']);
    const admins = await users.list(context, {
      limit: 50,
      role: 'admin',
      disabled: false,
    });
    expect(admins.items.map(user => user.name)).toEqual(['ada']);
    await expect(
      users.list(context, { limit: 50, cursor: 'nonsense' }),
    ).rejects.toMatchObject({ code: 'INVALID_CURSOR' });
  });

  it('tells a user who they are and what they may do', async () => {
    const ada = await add('ada', 'admin');
    const uma = await add('uma', 'user');
    const me = await users.me(await as(uma));
    expect(me.user).toMatchObject({ email: 'uma@example.com', role: 'user' });
    expect(me.allowedActions).toContain('createMigration');
    expect(me.allowedActions).not.toContain('administer');
    expect((await users.me(await as(ada))).allowedActions).toContain(
      'administer',
    );
  });
});
