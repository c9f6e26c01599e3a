import {
  administerRefusal,
  dbSetActions,
  dbTargetActions,
  editRefusal,
  inventoryRefusal,
  meActions,
  migrationActions,
  onBehalfRefusal,
  projectActions,
  toActions,
} from './actions';
import { DEFAULT_ENVIRONMENTS } from './policy';
import { userChangeRefusal } from './users';
import {
  ada,
  dbSet,
  mia,
  migration,
  person,
  project,
  robot,
  target,
  uma,
} from './__testUtils__/records';
import { UserRecord } from './types';

const eve = person({ id: 'eve' });
const as = (user: UserRecord, viaPlugin?: string) => ({ user, viaPlugin });

describe('what a caller may do', () => {
  it('is told with the reason and with who could', () => {
    expect(
      toActions([
        { action: 'edit' },
        {
          action: 'disable',
          refusal: {
            code: 'ROLE_REQUIRED',
            message: 'Only admins.',
            who: 'admins',
            details: {},
          },
        },
      ]),
    ).toEqual({
      actions: [
        { action: 'edit', allowed: true },
        {
          action: 'disable',
          allowed: false,
          code: 'ROLE_REQUIRED',
          message: 'Only admins.',
          who: 'admins',
        },
      ],
      allowedActions: ['edit'],
    });
  });

  const create = ['createProject', 'createDbSet', 'createDbTarget', 'test'];
  it.each([
    ['a user', as(uma), [...create, 'createMigration']],
    ['an admin', as(ada), [...create, 'createMigration', 'administer']],
    ['a service', as(robot), [...create, 'createMigration']],
    [
      'a service with the role admin',
      as({ ...robot, role: 'admin' }),
      [...create, 'createMigration'],
    ],
    ['a plugin for an admin', as(ada, 'scaffolder'), ['createMigration']],
    ['somebody disabled', as({ ...ada, disabled: true }), []],
  ])('in the hub, as %s', (_who, caller, allowed) => {
    expect(meActions(caller).allowedActions).toEqual(allowed);
  });

  it('in the hub, where only managers create inventory', () => {
    const options = { createRole: 'manager' as const };
    expect(meActions(as(uma), options).allowedActions).toEqual([
      'createMigration',
    ]);
    expect(meActions(as(mia), options).allowedActions).toContain('createDbSet');
  });

  it.each([
    [
      'its creator',
      as(uma),
      ['edit', 'archive', 'createDbSet', 'createMigration'],
    ],
    [
      'a manager',
      as(mia),
      ['edit', 'archive', 'createDbSet', 'createMigration'],
    ],
    ['another user', as(eve), ['createDbSet', 'createMigration']],
  ])('with a project, as %s', (_who, caller, allowed) => {
    expect(projectActions(caller, project()).allowedActions).toEqual(allowed);
  });

  it('with an archived project: only take it out again', () => {
    const { actions, allowedActions } = projectActions(
      as(uma),
      project({ archived: true }),
    );
    expect(allowedActions).toEqual(['edit', 'archive']);
    expect(actions[2]).toMatchObject({
      action: 'createDbSet',
      code: 'ARCHIVED',
    });
  });

  it.each([
    ['its creator', as(uma), ['edit', 'createDbTarget'], ['edit', 'test']],
    ['another user', as(eve), ['createDbTarget'], ['test']],
    ['a manager', as(mia), ['edit', 'createDbTarget'], ['edit', 'test']],
    [
      'an admin',
      as(ada),
      ['edit', 'createDbTarget', 'disable'],
      ['edit', 'test', 'disable'],
    ],
    ['a plugin', as(ada, 'scaffolder'), [], []],
  ])('with databases, as %s', (_who, caller, set, one) => {
    expect(dbSetActions(caller, dbSet()).allowedActions).toEqual(set);
    expect(dbTargetActions(caller, target()).allowedActions).toEqual(one);
  });

  it('with a disabled DB set: add no targets', () => {
    const { actions } = dbSetActions(as(ada), dbSet({ disabled: true }));
    expect(actions[1]).toMatchObject({
      action: 'createDbTarget',
      code: 'DISABLED',
    });
  });

  it.each([
    ['its author', as(uma), migration(), ['edit', 'archive', 'request']],
    ['a manager', as(mia), migration(), ['edit', 'archive', 'request']],
    ['another user', as(eve), migration(), ['request']],
    ['a service', as(robot), migration(), ['request']],
    [
      'the author of an archived one',
      as(uma),
      migration({ archived: true }),
      ['archive'],
    ],
    [
      'the author, project archived',
      as(uma),
      migration({ projectArchived: true }),
      ['archive'],
    ],
  ])('with a migration, as %s', (_who, caller, subject, allowed) => {
    const { allowedActions } = migrationActions(
      caller,
      subject,
      DEFAULT_ENVIRONMENTS,
    );
    expect(allowedActions).toEqual(allowed);
  });

  it('with a migration, where one environment at least lets the caller ask', () => {
    const [daily, , prd] = DEFAULT_ENVIRONMENTS.map(({ name, policy }) => ({
      name,
      policy: {
        ...policy,
        requestRoles:
          name === 'daily' ? policy.requestRoles : ['admin' as const],
      },
    }));
    const may = (...environments: (typeof daily)[]) =>
      migrationActions(as(eve), migration(), environments).allowedActions;
    expect(may(prd, daily)).toContain('request');
    expect(may(prd)).not.toContain('request');
  });

  it('says who could edit', () => {
    expect(editRefusal(as(eve), migration())).toMatchObject({
      code: 'ROLE_REQUIRED',
      who: 'its author, managers or admins',
    });
    expect(
      inventoryRefusal(as(eve), { act: 'change', createdBy: 'uma' }),
    ).toMatchObject({
      who: 'its creator, managers or admins',
    });
    expect(administerRefusal(as(mia))?.who).toBe('admins');
  });
});

describe('another plugin on behalf of a user', () => {
  it('is refused by name unless the config lists it', () => {
    expect(onBehalfRefusal(undefined, [])).toBeUndefined();
    expect(onBehalfRefusal('scaffolder', ['scaffolder'])).toBeUndefined();
    expect(onBehalfRefusal('scaffolder', ['catalog'])).toMatchObject({
      code: 'ON_BEHALF_NOT_ALLOWED',
      message: expect.stringContaining("'scaffolder'"),
    });
  });
});

describe('changing a user', () => {
  const ask = (over: Partial<Parameters<typeof userChangeRefusal>[0]>) =>
    userChangeRefusal({
      caller: ada,
      target: uma,
      change: { role: 'manager' },
      activeAdmins: 1,
      ...over,
    })?.code;

  it.each([
    ['an admin promotes a user', {}, undefined],
    ['a manager tries', { caller: mia }, 'ROLE_REQUIRED'],
    [
      'a service tries',
      { caller: { ...robot, role: 'admin' as const } },
      'SERVICE_NOT_ALLOWED',
    ],
    ['a plugin tries', { viaPlugin: 'scaffolder' }, 'ON_BEHALF_NOT_ALLOWED'],
    ['a service is promoted', { target: robot }, 'SERVICE_NOT_ALLOWED'],
    [
      'a service is disabled',
      { target: robot, change: { disabled: true } },
      undefined,
    ],
    ['the last admin steps down', { target: ada }, 'LAST_ADMIN'],
    [
      'the last admin is disabled',
      { target: ada, change: { disabled: true } },
      'LAST_ADMIN',
    ],
    [
      'the last admin stays one',
      { target: ada, change: { role: 'admin' as const } },
      undefined,
    ],
    [
      'one of two admins steps down',
      { target: ada, activeAdmins: 2 },
      undefined,
    ],
    [
      'a disabled admin is demoted',
      { target: person({ id: 'old', role: 'admin' as const, disabled: true }) },
      undefined,
    ],
  ])('%s', (_story, over, code) => {
    expect(ask(over)).toBe(code);
  });
});
