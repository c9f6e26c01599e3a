import {
  AuditEvent,
  auditQuerySchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { z } from 'zod';
import { disabledRefusal, roleRefusal } from '../domain/caller';
import { listAuditEvents } from '../store/auditQueries';
import { decodeCursor, toPage } from '../store/cursor';
import { Tx } from '../store/Database';
import { findUserId } from '../store/users';
import { lookUpActors } from './actors';
import { CommandContext } from './context';
import { refuse } from './refuse';

/** Reads the audit trail. Nothing here writes it: every command does that itself. */
export class AuditService {
  readonly #tx: Tx;

  private constructor(tx: Tx) {
    this.#tx = tx;
  }

  static create(options: { knex: Tx }): AuditService {
    return new AuditService(options.knex);
  }

  /** Newest first, for managers and admins. `actor` is an id or an e-mail address. */
  async list(
    { caller }: CommandContext,
    query: z.output<typeof auditQuerySchema>,
  ): Promise<{ items: AuditEvent[]; nextCursor?: string }> {
    refuse(
      disabledRefusal(caller.user) ??
        roleRefusal(caller.user, 'manager', 'read the audit trail'),
    );
    const { limit, cursor, actor: named, ...filter } = query;
    const actorId = named && (await findUserId(this.#tx, named));
    if (named && !actorId) return { items: [] };

    const events = await listAuditEvents(
      this.#tx,
      { ...filter, actorId: actorId || undefined },
      { limit, after: decodeCursor(cursor) },
    );
    const actor = await lookUpActors(
      this.#tx,
      events.map(event => event.actorId),
    );
    return toPage(events, limit, {
      at: event => event.exactAt,
      item: event => ({
        id: event.id,
        at: event.at.toISOString(),
        actor: event.actorId ? actor(event.actorId) : undefined,
        action: event.action,
        entityType: event.entityType,
        entityId: event.entityId,
        payload: { ...event.payload, ...event.personal },
        requestId: event.requestId,
      }),
    });
  }
}
