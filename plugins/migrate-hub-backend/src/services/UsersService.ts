import {
  Me,
  User,
  userListQuerySchema,
  userPatchSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { z } from 'zod';
import { administerRefusal, meActions } from '../domain/actions';
import { UserRecord } from '../domain/types';
import { userChangeRefusal } from '../domain/users';
import { HubError } from '../errors';
import { appendAuditEvent } from '../store/audit';
import { decodeCursor, toPage } from '../store/cursor';
import { revokeSessionsOf } from '../store/sessions';
import {
  listUsers,
  lockActiveAdmins,
  lockUser,
  updateUser,
} from '../store/users';
import { Commands } from './Commands';
import { CommandContext } from './context';
import { refuse } from './refuse';

type UserChange = z.output<typeof userPatchSchema>;

/** A user as the API shows one. */
const userView = (user: UserRecord): User => ({
  id: user.id,
  entityRef: user.entityRef,
  email: user.email,
  name: user.name,
  role: user.role,
  kind: user.kind,
  provider: user.provider,
  disabled: user.disabled,
  revision: user.revision,
  lastSignInAt: user.lastSignInAt?.toISOString(),
  createdAt: user.createdAt.toISOString(),
});

/** Users and their roles. */
export class UsersService {
  readonly #commands: Commands;

  private constructor(commands: Commands) {
    this.#commands = commands;
  }

  static create(options: { commands: Commands }): UsersService {
    return new UsersService(options.commands);
  }

  async me(context: CommandContext): Promise<Me> {
    return {
      user: userView(context.caller.user),
      ...meActions(context.caller),
    };
  }

  /** @throws HubError `ROLE_REQUIRED` unless the caller is an admin. */
  async list(
    context: CommandContext,
    query: z.output<typeof userListQuerySchema>,
  ): Promise<{ items: User[]; nextCursor?: string }> {
    refuse(administerRefusal(context.caller));
    const { cursor, limit, ...filter } = query;
    const rows = await listUsers(this.#commands.knex, {
      ...filter,
      cursor: decodeCursor(cursor),
      limit: limit + 1,
    });
    return toPage(rows, limit, {
      at: row => row.exactCreatedAt,
      item: userView,
    });
  }

  /**
   * Changes the role of a user, disables or enables. Holds from the user's next
   * call on; disabling also ends the sessions.
   *
   * @throws HubError `ROLE_REQUIRED`, `NOT_FOUND`, `STALE_REVISION`, `LAST_ADMIN`
   * and the other refusals of `userChangeRefusal`.
   */
  async update(
    context: CommandContext,
    id: string,
    change: UserChange,
  ): Promise<User> {
    // Before anything is looked up: who may not administer learns nothing.
    refuse(administerRefusal(context.caller));
    return this.#commands.run(context, async tx => {
      const admins = await lockActiveAdmins(tx);
      const target = await lockUser(tx, id);
      if (!target) {
        throw new HubError('NOT_FOUND', `There is no user with the id ${id}.`);
      }
      if (target.revision !== change.expectedRevision) {
        throw new HubError(
          'STALE_REVISION',
          `${target.name} was changed in the meantime. Look again, then decide.`,
          { details: { revision: target.revision } },
        );
      }
      const { user: caller, viaPlugin, allowedPlugins } = context.caller;
      refuse(
        userChangeRefusal({
          caller,
          viaPlugin,
          allowedPlugins,
          target,
          change,
          activeAdmins: admins.length,
        }),
      );
      return userView(await applyChange(tx, context, target, change));
    });
  }
}

/** What is as it was is no change, and no event. */
async function applyChange(
  tx: Knex.Transaction,
  context: CommandContext,
  target: UserRecord,
  change: UserChange,
): Promise<UserRecord> {
  const role = change.role === target.role ? undefined : change.role;
  const disabled =
    change.disabled === target.disabled ? undefined : change.disabled;
  if (role === undefined && disabled === undefined) return target;

  const actor = context.caller.user.id;
  const event = {
    actorId: actor,
    entityType: 'user' as const,
    entityId: target.id,
    requestId: context.requestId,
  };
  const updated = await updateUser(tx, target.id, {
    role: role && { to: role, by: actor },
    disabled,
  });
  if (role) {
    await appendAuditEvent(tx, {
      ...event,
      action: 'user.role_changed',
      payload: { from: target.role, to: role },
    });
  }
  if (disabled !== undefined) {
    const sessionsRevoked = disabled
      ? await revokeSessionsOf(tx, target.id)
      : undefined;
    await appendAuditEvent(tx, {
      ...event,
      action: disabled ? 'user.disabled' : 'user.enabled',
      payload: { sessionsRevoked },
    });
  }
  return updated;
}
