import {
  Erasure,
  Me,
  OneTimePassword,
  User,
  userCreateSchema,
  userListQuerySchema,
  userPatchSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { randomInt } from 'crypto';
import { Knex } from 'knex';
import { z } from 'zod';
import { hashPassword } from '../crypto/passwords';
import { administerRefusal, meActions } from '../domain/actions';
import { passwordRefusal } from '../domain/signIn';
import { UserRecord } from '../domain/types';
import { userChangeRefusal } from '../domain/users';
import { HubError } from '../errors';
import { refuseEarlierTokens } from '../store/accounts';
import { appendAuditEvent, erasePersonal } from '../store/audit';
import { decodeCursor, toPage } from '../store/cursor';
import { forgetClients, revokeSessionsOf } from '../store/sessions';
import { listUsers, lockActiveAdmins, lockUser } from '../store/users';
import { GOOGLE_PROVIDER, LOCAL_PROVIDER, setPassword } from './accounts';
import { AuthSettings } from './AuthSettings';
import { Commands } from './Commands';
import { CommandContext } from './context';
import { mintEntityRef } from './entityRefs';
import { RoleGrants } from './RoleGrants';
import { refuse } from './refuse';

type UserChange = z.output<typeof userPatchSchema>;

/** A one-time password that was not used by then is void. */
const ONE_TIME_HOURS = 24;

/** Without letters that look alike: it is read off a screen. 119 bits. */
function readablePassword(): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789';
  const group = () =>
    Array.from({ length: 4 }, () => letters[randomInt(letters.length)]).join(
      '',
    );
  return Array.from({ length: 6 }, group).join('-');
}

/** A user as the API shows one. */
const userView = (user: UserRecord): User => ({
  id: user.id,
  entityRef: user.entityRef,
  email: user.email,
  name: user.name,
  role: user.role,
  groupRole: user.groupRole,
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
  readonly #settings: AuthSettings;
  readonly #grants: RoleGrants;

  private constructor(options: {
    commands: Commands;
    settings: AuthSettings;
    grants: RoleGrants;
  }) {
    this.#commands = options.commands;
    this.#settings = options.settings;
    this.#grants = options.grants;
  }

  static create(options: {
    commands: Commands;
    settings: AuthSettings;
    grants: RoleGrants;
  }): UsersService {
    return new UsersService(options);
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
      item: row => this.#view(row),
    });
  }

  /**
   * Prepares an account: it belongs to whoever signs in first with the
   * address, verified by Google.
   *
   * @throws HubError `ROLE_REQUIRED`, `ALREADY_EXISTS`.
   */
  async create(
    context: CommandContext,
    input: z.output<typeof userCreateSchema>,
  ): Promise<User> {
    refuse(administerRefusal(context.caller));
    const { google } = await this.#settings.options();
    return this.#commands.run(context, async tx => {
      const actorId = context.caller.user.id;
      const created = await this.#grants.insert(tx, {
        entityRef: mintEntityRef(),
        kind: 'person',
        provider: google ? GOOGLE_PROVIDER : LOCAL_PROVIDER,
        email: input.email,
        name: input.name ?? input.email,
        role: input.role,
        roleGrantedBy: actorId,
      });
      if (!created) {
        throw new HubError(
          'ALREADY_EXISTS',
          `There is a user with the address ${input.email} already.`,
          { details: { field: 'email' } },
        );
      }
      await appendAuditEvent(tx, {
        actorId,
        action: 'user.created',
        entityType: 'user',
        entityId: created.id,
        requestId: context.requestId,
        payload: { role: input.role },
        personal: { userId: created.id, data: { email: input.email } },
      });
      return userView(created);
    });
  }

  /**
   * Gives a password that must be changed when it is first used. The user is
   * signed out everywhere.
   *
   * @throws HubError `ROLE_REQUIRED`, `NOT_FOUND`, `SERVICE_NOT_ALLOWED`, and
   * `GOOGLE_USER` for somebody who signs in with Google, unless the settings allow
   * passwords to them.
   */
  async setOneTimePassword(
    context: CommandContext,
    id: string,
  ): Promise<OneTimePassword> {
    refuse(administerRefusal(context.caller));
    const password = readablePassword();
    const passwordHash = await hashPassword(password);
    return this.#commands.run(context, async tx => {
      const target = await lockUser(tx, id);
      if (!target) {
        throw new HubError('NOT_FOUND', `There is no user with the id ${id}.`);
      }
      if (!target.email || target.kind === 'service') {
        throw new HubError(
          'SERVICE_NOT_ALLOWED',
          `${target.name} has no e-mail address to sign in with.`,
        );
      }
      const settings = await this.#settings.current(tx);
      if (passwordRefusal(target, settings) === 'google_required') {
        throw new HubError(
          'GOOGLE_USER',
          `${target.name} signs in with Google. Passwords for such accounts can be allowed in the settings of sign-in.`,
        );
      }
      await setPassword(tx, this.#grants, {
        userId: id,
        passwordHash,
        oneTimeHours: ONE_TIME_HOURS,
        by: { admin: context.caller.user.id },
        requestId: context.requestId,
        otherSessionsRevoked: await revokeSessionsOf(tx, id),
      });
      await refuseEarlierTokens(tx, id);
      const expiresAt = new Date(Date.now() + ONE_TIME_HOURS * 3_600_000);
      return { password, expiresAt: expiresAt.toISOString() };
    });
  }

  /**
   * Takes out what is known of a disabled person: e-mail, name, how they signed
   * in, and in the audit trail addresses and agents. The trail verifies as before;
   * the account stays, as what was done has been done by somebody.
   *
   * @throws HubError `ROLE_REQUIRED`, `NOT_FOUND`, `SERVICE_NOT_ALLOWED`,
   * `WRONG_STATE` while the account is enabled.
   */
  async erase(context: CommandContext, id: string): Promise<Erasure> {
    refuse(administerRefusal(context.caller));
    return this.#commands.run(context, async tx => {
      const target = await lockUser(tx, id);
      if (!target) {
        throw new HubError('NOT_FOUND', `There is no user with the id ${id}.`);
      }
      if (target.kind === 'service') {
        throw new HubError(
          'SERVICE_NOT_ALLOWED',
          `${target.name} is a service: there is nothing personal to erase.`,
        );
      }
      if (!target.disabled) {
        throw new HubError(
          'WRONG_STATE',
          `${target.name} can still sign in, and would be known again at once. Disable the account first, then erase it.`,
        );
      }
      const events = await erasePersonal(tx, id);
      await forgetClients(tx, id);
      await this.#grants.update(tx, id, {
        name: 'Erased person',
        email: 'released',
        reset: { entityRef: mintEntityRef() },
      });
      await appendAuditEvent(tx, {
        actorId: context.caller.user.id,
        action: 'user.erased',
        entityType: 'user',
        entityId: id,
        requestId: context.requestId,
        payload: { events },
      });
      return { events };
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
      const found = await lockUser(tx, id);
      const target = found && this.#grants.counted(found);
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
          activeAdmins: admins.filter(one => this.#grants.isProved(one)).length,
        }),
      );
      return this.#view(await this.#apply(tx, context, target, change));
    });
  }

  #view(user: UserRecord): User {
    const unproved = !this.#grants.isProved(user);
    const view = userView(this.#grants.counted(user));
    return unproved ? { ...view, unproved } : view;
  }

  /** What is as it was is no change, and no event; a role given again proves it. */
  async #apply(
    tx: Knex.Transaction,
    context: CommandContext,
    target: UserRecord,
    change: UserChange,
  ): Promise<UserRecord> {
    const unproved = !this.#grants.isProved(target);
    const role =
      change.role === target.ownRole && !unproved ? undefined : change.role;
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
    const updated = await this.#grants.update(tx, target.id, {
      role: role && { to: role, by: actor },
      disabled,
    });
    if (role) {
      await appendAuditEvent(tx, {
        ...event,
        action: 'user.role_changed',
        payload: {
          from: target.ownRole,
          to: role,
          ...(unproved && { unproved }),
        },
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
}
