import {
  Action,
  ActionName,
  EnvironmentPolicy,
  Role,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import {
  disabledRefusal,
  onBehalfRefusal,
  personRefusal,
  Principal,
  roleRefusal,
  rolesRefusal,
} from './caller';
import { Refusal } from './refusal';
import {
  DbSetRecord,
  DbTargetRecord,
  MigrationRecord,
  ProjectRecord,
} from './types';

export { onBehalfRefusal } from './caller';
export type { Principal } from './caller';

/** Turns the answers of rules into what an entity tells its readers. */
export function toActions(
  list: readonly { action: ActionName; refusal?: Refusal }[],
): { actions: Action[]; allowedActions: ActionName[] } {
  const actions = list.map(({ action, refusal }): Action => {
    if (!refusal) return { action, allowed: true };
    const { code, message, who } = refusal;
    return { action, allowed: false, code, message, ...(who ? { who } : {}) };
  });
  return {
    actions,
    allowedActions: list
      .filter(({ refusal }) => !refusal)
      .map(({ action }) => action),
  };
}

/** What somebody wants with the inventory. */
export type InventoryAct =
  /** Create, or test a connection. `role`: the least role, from the config. */
  | { act: 'create'; role?: Role }
  /** Change, or archive a project. */
  | { act: 'change'; createdBy: string }
  /** Disable or enable a set or target. */
  | { act: 'disable' };

/**
 * Whether the caller may write projects, DB sets and DB targets: creating is
 * for everyone by default, changing for the creator and managers, disabling
 * for admins.
 */
export function inventoryRefusal(
  principal: Principal,
  ask: InventoryAct,
): Refusal | undefined {
  const { user } = principal;
  const refusal =
    disabledRefusal(user) ??
    onBehalfRefusal(principal.viaPlugin, principal.allowedPlugins ?? []);
  if (refusal) return refusal;

  switch (ask.act) {
    case 'create':
      return roleRefusal(user, ask.role ?? 'user', 'add to the inventory');
    case 'change':
      return creatorRefusal(principal, ask.createdBy);
    default: {
      const act = 'disable or enable databases';
      return personRefusal(principal, act) ?? roleRefusal(user, 'admin', act);
    }
  }
}

function creatorRefusal(
  { user }: Principal,
  createdBy: string,
): Refusal | undefined {
  if (user.id === createdBy) return undefined;
  const refusal = roleRefusal(
    user,
    'manager',
    'change what somebody else created',
  );
  if (!refusal) return undefined;
  return { ...refusal, who: 'its creator, managers or admins' };
}

function archivedRefusal(migration: MigrationRecord): Refusal | undefined {
  if (migration.projectArchived) {
    return {
      code: 'ARCHIVED',
      message: `The project ${migration.projectKey} is archived. Take it out of the archive first.`,
      who: 'its creator, managers or admins',
    };
  }
  if (!migration.archived) return undefined;
  return {
    code: 'ARCHIVED',
    message: `The migration ${migration.key} is archived. Take it out of the archive first.`,
    who: 'its author, managers or admins',
  };
}

/** Whether the caller may edit a migration, or move it into the archive or out of it. */
export function editRefusal(
  principal: Principal,
  migration: MigrationRecord,
  ask: { act: 'edit' | 'archive' } = { act: 'edit' },
): Refusal | undefined {
  const refusal =
    disabledRefusal(principal.user) ??
    creatorRefusal(principal, migration.createdBy);
  if (refusal?.code === 'ROLE_REQUIRED') {
    return { ...refusal, who: 'its author, managers or admins' };
  }
  if (refusal || ask.act === 'archive') return refusal;
  return archivedRefusal(migration);
}

/** Whether the caller may create migrations. */
export function createMigrationRefusal(
  principal: Principal,
): Refusal | undefined {
  return disabledRefusal(principal.user);
}

/** Whether the caller may request a run of a migration in an environment. */
export function requestRefusal(
  principal: Principal,
  ask: {
    migration: MigrationRecord;
    environment: string;
    policy: EnvironmentPolicy;
  },
): Refusal | undefined {
  return (
    disabledRefusal(principal.user) ??
    rolesRefusal(
      principal.user,
      ask.policy.requestRoles,
      `request runs in ${ask.environment}`,
    ) ??
    archivedRefusal(ask.migration)
  );
}

/** Whether the caller may administer users, sessions and settings. */
export function administerRefusal(principal: Principal): Refusal | undefined {
  const act = 'administer the hub';
  return (
    personRefusal(principal, act) ?? roleRefusal(principal.user, 'admin', act)
  );
}

/** Least role to create inventory, where the config names another than `user`. */
export interface InventoryOptions {
  createRole?: Role;
}

/** What the caller may do in the hub at all. */
export function meActions(caller: Principal, options: InventoryOptions = {}) {
  const create = inventoryRefusal(caller, {
    act: 'create',
    role: options.createRole,
  });
  return toActions([
    { action: 'createProject', refusal: create },
    { action: 'createDbSet', refusal: create },
    { action: 'createDbTarget', refusal: create },
    { action: 'test', refusal: create },
    { action: 'createMigration', refusal: createMigrationRefusal(caller) },
    { action: 'administer', refusal: administerRefusal(caller) },
  ]);
}

/** What the caller may do with a project. */
export function projectActions(
  caller: Principal,
  project: ProjectRecord,
  options: InventoryOptions = {},
) {
  const closed: Refusal | undefined = project.archived
    ? {
        code: 'ARCHIVED',
        message: `The project ${project.key} is archived. Take it out of the archive first.`,
        who: 'its creator, managers or admins',
      }
    : undefined;
  const change = inventoryRefusal(caller, {
    act: 'change',
    createdBy: project.createdBy,
  });
  const create = inventoryRefusal(caller, {
    act: 'create',
    role: options.createRole,
  });
  return toActions([
    { action: 'edit', refusal: change },
    { action: 'archive', refusal: change },
    { action: 'createDbSet', refusal: create ?? closed },
    {
      action: 'createMigration',
      refusal: createMigrationRefusal(caller) ?? closed,
    },
  ]);
}

/** What the caller may do with a DB set. */
export function dbSetActions(
  caller: Principal,
  dbSet: DbSetRecord,
  options: InventoryOptions = {},
) {
  const closed: Refusal | undefined = dbSet.disabled
    ? {
        code: 'DISABLED',
        message: `The DB set ${dbSet.name} is disabled. An admin can enable it again.`,
        who: 'admins',
      }
    : undefined;
  return toActions([
    {
      action: 'edit',
      refusal: inventoryRefusal(caller, {
        act: 'change',
        createdBy: dbSet.createdBy,
      }),
    },
    {
      action: 'createDbTarget',
      refusal:
        inventoryRefusal(caller, {
          act: 'create',
          role: options.createRole,
        }) ?? closed,
    },
    {
      action: 'disable',
      refusal: inventoryRefusal(caller, { act: 'disable' }),
    },
  ]);
}

/** What the caller may do with a DB target. */
export function dbTargetActions(
  caller: Principal,
  target: DbTargetRecord,
  options: InventoryOptions = {},
) {
  return toActions([
    {
      action: 'edit',
      refusal: inventoryRefusal(caller, {
        act: 'change',
        createdBy: target.createdBy,
      }),
    },
    {
      action: 'test',
      refusal: inventoryRefusal(caller, {
        act: 'create',
        role: options.createRole,
      }),
    },
    {
      action: 'disable',
      refusal: inventoryRefusal(caller, { act: 'disable' }),
    },
  ]);
}

/**
 * What the caller may do with a migration. `request` is allowed if one of the
 * environments lets the caller ask.
 */
export function migrationActions(
  caller: Principal,
  migration: MigrationRecord,
  environments: readonly { name: string; policy: EnvironmentPolicy }[],
) {
  const requests = environments.map(({ name, policy }) =>
    requestRefusal(caller, { migration, environment: name, policy }),
  );
  return toActions([
    { action: 'edit', refusal: editRefusal(caller, migration) },
    {
      action: 'archive',
      refusal: editRefusal(caller, migration, { act: 'archive' }),
    },
    {
      action: 'request',
      refusal: requests.includes(undefined) ? undefined : requests[0],
    },
  ]);
}
