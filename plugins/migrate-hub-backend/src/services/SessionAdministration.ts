import {
  Session,
  sessionListQuerySchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { z } from 'zod';
import { administerRefusal } from '../domain/actions';
import { personRefusal } from '../domain/caller';
import { HubError } from '../errors';
import { refuseEarlierTokens } from '../store/accounts';
import { appendAuditEvent } from '../store/audit';
import { decodeCursor, toPage } from '../store/cursor';
import {
  findSessionOwner,
  listOpenSessions,
  revokeSession,
  revokeSessionsOf,
} from '../store/sessions';
import { lockUser } from '../store/users';
import { lookUpActors } from './actors';
import { Commands } from './Commands';
import { CommandContext } from './context';
import { refuse } from './refuse';
import { SessionLimits } from './SessionOpening';

/** Shows and ends sessions: one's own, or for admins everybody's. */
export class SessionAdministration {
  readonly #commands: Commands;
  readonly #limits: SessionLimits;

  private constructor(commands: Commands, limits: SessionLimits) {
    this.#commands = commands;
    this.#limits = limits;
  }

  static create(options: {
    commands: Commands;
    limits: SessionLimits;
  }): SessionAdministration {
    return new SessionAdministration(options.commands, options.limits);
  }

  /** Open ones, newest first. Without `user` an admin sees all. */
  async list(
    { caller }: CommandContext,
    query: z.output<typeof sessionListQuerySchema>,
  ): Promise<{ items: Session[]; nextCursor?: string }> {
    const { limit, cursor, user } = query;
    const isAdmin = administerRefusal(caller) === undefined;
    if (user && user !== caller.user.id) refuse(administerRefusal(caller));

    const tx = this.#commands.knex;
    const sessions = await listOpenSessions(tx, {
      userId: user ?? (isAdmin ? undefined : caller.user.id),
      idleSeconds: this.#limits.idleSeconds,
      cursor: decodeCursor(cursor),
      limit: limit + 1,
    });
    const actor = await lookUpActors(
      tx,
      sessions.map(session => session.userId),
    );
    return toPage(sessions, limit, {
      at: session => session.exactCreatedAt,
      item: session => ({
        id: session.id,
        user: actor(session.userId),
        provider: session.provider,
        createdAt: session.createdAt.toISOString(),
        lastSeenAt: session.lastSeenAt.toISOString(),
        expiresAt: session.expiresAt.toISOString(),
        address: session.address,
        agent: session.agent,
        current: session.id === caller.sessionId,
      }),
    });
  }

  /**
   * Ends one session, from its next call on.
   *
   * @throws HubError `NOT_FOUND`, also for a session of somebody else unless
   * the caller is an admin.
   */
  async revoke(
    context: CommandContext,
    id: string,
  ): Promise<{ revoked: number }> {
    const { caller, requestId } = context;
    refuse(personRefusal(caller, 'end sessions'));
    return this.#commands.run(context, async tx => {
      const owner = await findSessionOwner(tx, id);
      const own = owner === caller.user.id;
      if (!owner || (!own && administerRefusal(caller))) {
        throw new HubError('NOT_FOUND', `There is no session ${id} of yours.`);
      }
      if (!(await revokeSession(tx, id))) return { revoked: 0 };
      await appendAuditEvent(tx, {
        actorId: caller.user.id,
        action: 'session.revoked',
        entityType: 'session',
        entityId: id,
        requestId,
        payload: {
          reason: own ? 'ended_by_self' : 'ended_by_admin',
          user: owner,
        },
      });
      return { revoked: 1 };
    });
  }

  /**
   * Signs somebody out everywhere: all sessions, and every token that was
   * issued until now.
   *
   * @throws HubError `ROLE_REQUIRED` for somebody else unless the caller is an
   * admin, `NOT_FOUND`.
   */
  async revokeAll(
    context: CommandContext,
    user: string | undefined,
  ): Promise<{ revoked: number }> {
    const { caller, requestId } = context;
    refuse(personRefusal(caller, 'end sessions'));
    const own = user === undefined || user === caller.user.id;
    if (!own) refuse(administerRefusal(caller));
    const id = user ?? caller.user.id;
    return this.#commands.run(context, async tx => {
      if (!(await lockUser(tx, id))) {
        throw new HubError('NOT_FOUND', `There is no user with the id ${id}.`);
      }
      const revoked = await revokeSessionsOf(tx, id);
      await refuseEarlierTokens(tx, id);
      await appendAuditEvent(tx, {
        actorId: caller.user.id,
        action: 'session.revoked',
        entityType: 'user',
        entityId: id,
        requestId,
        payload: {
          reason: own ? 'sign_out_everywhere' : 'ended_by_admin',
          sessionsRevoked: revoked,
        },
      });
      return { revoked };
    });
  }
}
