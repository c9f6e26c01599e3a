import { BackstageCredentials } from '@backstage/backend-plugin-api';
import { mockCredentials } from '@backstage/backend-test-utils';
import { Knex } from 'knex';
import { testSigner } from '../__testUtils__/testConfig';
import { createTestDatabase } from '../testing/testDatabase';
import { IdentityService } from './IdentityService';
import { RoleGrants } from './RoleGrants';

describe('who calls', () => {
  let knex: Knex;
  let drop: () => Promise<void>;
  let identity: IdentityService;

  beforeEach(async () => {
    ({ knex, drop } = await createTestDatabase());
    identity = IdentityService.create({
      knex,
      grants: RoleGrants.create(testSigner()),
      allowedPlugins: ['release-train'],
    });
  });
  afterEach(() => drop());

  const bearer = (claims: object) =>
    `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;

  it('is provisioned as a user at the first of many calls at once', async () => {
    const credentials = mockCredentials.user('user:default/Jane.Doe');
    const callers = await Promise.all(
      Array.from({ length: 8 }, () =>
        identity.resolve({ credentials, requestId: 'first' }),
      ),
    );
    expect(new Set(callers.map(caller => caller.user.id)).size).toBe(1);
    expect(callers[0].user).toMatchObject({
      entityRef: 'user:default/jane.doe',
      name: 'jane.doe',
      kind: 'person',
      role: 'user',
      disabled: false,
    });
    expect(callers[0].viaPlugin).toBeUndefined();
    const events = await knex('audit_events');
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      action: 'user.provisioned',
      actor_id: callers[0].user.id,
      request_id: 'first',
    });
  });

  it('has a row of its own kind for a service', async () => {
    const caller = await identity.resolve({
      credentials: mockCredentials.service('default/deploy-bot'),
      bearer: 'any.opaque.token',
    });
    expect(caller.user).toMatchObject({
      entityRef: 'service:default/deploy-bot',
      kind: 'service',
      role: 'user',
    });
    // A user whose entity ref reads like the service's is not the service.
    await expect(
      identity.resolve({
        credentials: mockCredentials.user('service:default/deploy-bot'),
      }),
    ).rejects.toMatchObject({ code: 'UNKNOWN_USER' });
  });

  it('names the plugin that acts for a user', async () => {
    const credentials = {
      ...mockCredentials.user('user:default/jane'),
      principal: {
        type: 'user',
        userEntityRef: 'user:default/jane',
        actor: { type: 'service', subject: 'plugin:scaffolder' },
      },
    } as BackstageCredentials;
    const caller = await identity.resolve({ credentials });
    expect(caller).toMatchObject({
      viaPlugin: 'scaffolder',
      allowedPlugins: ['release-train'],
    });
  });

  it('is refused without a sign-in, and at once when disabled', async () => {
    await expect(
      identity.resolve({ credentials: mockCredentials.none() }),
    ).rejects.toMatchObject({ code: 'NOT_SIGNED_IN', statusCode: 401 });

    const credentials = mockCredentials.user('user:default/jane');
    await identity.resolve({ credentials });
    await knex('users').update({ disabled_at: knex.fn.now() });
    await expect(identity.resolve({ credentials })).rejects.toMatchObject({
      code: 'USER_DISABLED',
      statusCode: 403,
    });
  });

  it('is refused when the token names a session that is not theirs', async () => {
    const jane = mockCredentials.user('user:default/jane');
    const { user } = await identity.resolve({ credentials: jane });
    const sid = '01936d5c-0000-7000-8000-000000000001';
    await knex('sessions').insert({
      id: sid,
      user_id: user.id,
      provider: 'local',
      secret_hash: Buffer.from('x'),
      expires_at: knex.raw(`now() + interval '1 hour'`),
    });

    const good = await identity.resolve({
      credentials: jane,
      bearer: bearer({ sid }),
    });
    expect(good.user.id).toBe(user.id);
    for (const [credentials, claim] of [
      [mockCredentials.user('user:default/eve'), sid],
      [jane, '01936d5c-0000-7000-8000-000000000002'],
      [jane, 'no id'],
      [jane, 7],
    ] as const) {
      await expect(
        identity.resolve({ credentials, bearer: bearer({ sid: claim }) }),
      ).rejects.toMatchObject({ code: 'NOT_SIGNED_IN' });
    }
    // Nobody was provisioned with a session that is not theirs.
    expect(await knex('users')).toHaveLength(1);
  });

  it('costs one query a call', async () => {
    const queries: string[] = [];
    const credentials = mockCredentials.user('user:default/jane');
    await identity.resolve({ credentials });
    knex.on('query', query => queries.push(query.sql));
    await identity.resolve({
      credentials,
      bearer: bearer({ other: 'claim' }),
    });
    expect(queries).toHaveLength(1);
  });
});
