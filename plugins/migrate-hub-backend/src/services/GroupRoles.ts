import {
  BackstageCredentials,
  RootConfigService,
  UserInfoService,
} from '@backstage/backend-plugin-api';
import {
  Role,
  roleSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { strongest } from '../domain/roles';
import { UserRecord } from '../domain/types';
import { appendAuditEvent } from '../store/audit';
import { lockUser } from '../store/users';
import { RoleGrants } from './RoleGrants';

/** Roles that the config gives to Backstage groups (`migrateHub.groupRoles`). */
export class GroupRoles {
  readonly #knex: Knex;
  readonly #grants: RoleGrants;
  readonly #userInfo: Pick<UserInfoService, 'getUserInfo'>;
  readonly #roles: ReadonlyMap<string, Role>;

  private constructor(
    knex: Knex,
    grants: RoleGrants,
    userInfo: Pick<UserInfoService, 'getUserInfo'>,
    roles: ReadonlyMap<string, Role>,
  ) {
    this.#knex = knex;
    this.#grants = grants;
    this.#userInfo = userInfo;
    this.#roles = roles;
  }

  /** @throws Error that names the setting, at start-up. */
  static create(options: {
    knex: Knex;
    config: RootConfigService;
    grants: RoleGrants;
    userInfo: Pick<UserInfoService, 'getUserInfo'>;
  }): GroupRoles {
    const key = 'migrateHub.groupRoles';
    const entries = options.config.getOptionalConfigArray(key) ?? [];
    const roles = new Map<string, Role>();
    for (const [index, entry] of entries.entries()) {
      const group = entry.getString('group').toLocaleLowerCase('en-US');
      const role = roleSchema.safeParse(entry.getString('role')).data;
      if (!role || !/^[a-z]+:[^/:]+\/[^/:]+$/.test(group)) {
        throw new Error(
          `${key}[${index}] needs a group such as group:default/dba, and the role user, manager or admin`,
        );
      }
      roles.set(group, role);
    }
    const { knex, grants, userInfo } = options;
    return new GroupRoles(knex, grants, userInfo, roles);
  }

  /**
   * The user with the role that the groups of this call give; kept in the row,
   * so that rules that look at others later (does an approval still count?) know
   * it as well.
   */
  async apply(
    user: UserRecord,
    credentials: BackstageCredentials,
    requestId?: string,
  ): Promise<UserRecord> {
    // Groups do not mend a row that was changed from outside.
    if (user.kind !== 'person' || !this.#grants.isProved(user)) return user;
    const role = await this.#roleOf(credentials);
    if (role === user.groupRole) return user;

    return this.#knex.transaction(async tx => {
      const locked = await lockUser(tx, user.id);
      if (!locked || !this.#grants.isProved(locked)) return user;
      if (locked.groupRole === role) return locked;
      const updated = await this.#grants.update(tx, user.id, {
        groupRole: role ?? 'none',
      });
      await appendAuditEvent(tx, {
        action: 'user.role_changed',
        entityType: 'user',
        entityId: user.id,
        requestId,
        payload: { from: locked.role, to: updated.role, by: 'groups' },
      });
      return updated;
    });
  }

  async #roleOf(credentials: BackstageCredentials): Promise<Role | undefined> {
    if (this.#roles.size === 0) return undefined;
    const info = await this.#userInfo.getUserInfo(credentials);
    let best: Role | undefined;
    for (const ref of info.ownershipEntityRefs) {
      const role = this.#roles.get(ref.toLocaleLowerCase('en-US'));
      if (role) best = strongest(role, best);
    }
    return best;
  }
}
