import { mockCredentials, mockServices } from '@backstage/backend-test-utils';
import { Knex } from 'knex';
import { testSigner } from '../__testUtils__/testConfig';
import { createTestDatabase } from '../testing/testDatabase';
import { GroupRoles } from './GroupRoles';
import { IdentityService } from './IdentityService';
import { RoleGrants } from './RoleGrants';

describe('roles of Backstage groups', () => {
  let knex: Knex;
  let drop: () => Promise<void>;
  const grants = RoleGrants.create(testSigner());
  /** What Backstage says about whoever asks. */
  let ownershipEntityRefs: string[];

  beforeAll(async () => {
    ({ knex, drop } = await createTestDatabase());
  });
  afterAll(() => drop());

  const identityWith = (groupRoles: object[]) =>
    IdentityService.create({
      knex,
      grants,
      groupRoles: GroupRoles.create({
        knex,
        config: mockServices.rootConfig({
          data: { migrateHub: { groupRoles } },
        }),
        grants,
        userInfo: {
          getUserInfo: async () => ({
            userEntityRef: 'user:default/any',
            ownershipEntityRefs,
          }),
        },
      }),
    });

  const groups = [
    { group: 'group:default/DBA', role: 'manager' },
    { group: 'group:default/platform', role: 'admin' },
    { group: 'group:default/readers', role: 'user' },
  ];

  const changesOf = async (id: string) => {
    const events = await knex('audit_events')
      .where({ entity_id: id, action: 'user.role_changed' })
      .orderBy('id');
    return events.map(event => event.payload);
  };

  it('hold from the call on in which somebody is in the group, and end with it', async () => {
    const identity = identityWith(groups);
    const credentials = mockCredentials.user('user:default/jane');
    const call = async (refs: string[]) => {
      ownershipEntityRefs = ['user:default/jane', ...refs];
      return (await identity.resolve({ credentials })).user;
    };

    expect((await call([])).role).toBe('user');
    const jane = await call(['group:default/dba', 'group:default/readers']);
    expect(jane).toMatchObject({
      role: 'manager',
      ownRole: 'user',
      groupRole: 'manager',
    });
    // Rules that look at her later, when she does not call, see it in the row.
    expect(await knex('users').where({ id: jane.id }).first()).toMatchObject({
      role: 'user',
      group_role: 'manager',
    });
    await call(['group:default/dba']);
    expect((await call(['Group:Default/Platform'])).role).toBe('admin');
    expect((await call(['group:default/unknown'])).role).toBe('user');

    expect(await changesOf(jane.id)).toEqual([
      { from: 'user', to: 'manager', by: 'groups' },
      { from: 'manager', to: 'admin', by: 'groups' },
      { from: 'admin', to: 'user', by: 'groups' },
    ]);
  });

  it('never weaken the own role', async () => {
    const identity = identityWith(groups);
    const credentials = mockCredentials.user('user:default/ada');
    ownershipEntityRefs = [];
    const { user } = await identity.resolve({ credentials });
    const role = { to: 'admin' } as const;
    await knex.transaction(tx => grants.update(tx, user.id, { role }));
    ownershipEntityRefs = ['group:default/dba'];
    expect((await identity.resolve({ credentials })).user.role).toBe('admin');
  });

  it('are not for disabled people, and not for services', async () => {
    const identity = identityWith(groups);
    ownershipEntityRefs = ['group:default/platform'];
    const service = await identity.resolve({
      credentials: mockCredentials.service('external:robot'),
    });
    expect(service.user.role).toBe('user');

    const credentials = mockCredentials.user('user:default/dora');
    const { user } = await identity.resolve({ credentials });
    await knex('users')
      .where({ id: user.id })
      .update({ disabled_at: knex.fn.now() });
    await expect(identity.resolve({ credentials })).rejects.toMatchObject({
      code: 'USER_DISABLED',
    });
  });

  it('are refused at the start when they make no sense', () => {
    for (const entry of [
      { group: 'dba', role: 'manager' },
      { group: 'group:default/dba', role: 'root' },
      { group: 'group:default/dba/x', role: 'user' },
    ]) {
      expect(() => identityWith([groups[0], entry])).toThrow(
        'migrateHub.groupRoles[1]',
      );
    }
  });
});
