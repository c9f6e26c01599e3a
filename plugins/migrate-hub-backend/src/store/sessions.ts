import { Knex } from 'knex';
import { UserRecord } from '../domain/types';
import { Tx, newId } from './Database';
import { optional } from './rows';
import { toUser, userColumns } from './users';

export interface SessionRecord {
  id: string;
  userId: string;
  expiresAt: Date;
  revokedAt?: Date;
  /** Not revoked, and neither limit has passed by the database's clock. */
  alive: boolean;
}

/** Where a call of the browser came from, as far as it is known. */
export interface ClientInfo {
  address?: string;
  agent?: string;
}

export async function insertSession(
  tx: Knex.Transaction,
  session: ClientInfo & {
    userId: string;
    provider: string;
    secretHash: Buffer;
    absoluteSeconds: number;
  },
): Promise<{ id: string; expiresAt: Date }> {
  const [row] = await tx('sessions')
    .insert({
      id: newId(),
      user_id: session.userId,
      provider: session.provider,
      secret_hash: session.secretHash,
      address: session.address,
      agent: session.agent,
      expires_at: tx.raw(`now() + make_interval(secs => ?)`, [
        session.absoluteSeconds,
      ]),
    })
    .returning(['id', 'expires_at']);
  return { id: row.id, expiresAt: row.expires_at };
}

/** The session that the browser's secret opens, with its user. */
export async function findSession(
  tx: Tx,
  secretHash: Buffer,
  limits: { idleSeconds: number },
): Promise<{ session: SessionRecord; user: UserRecord } | undefined> {
  const row = await tx('sessions as s')
    .join('users as u', 'u.id', 's.user_id')
    .where('s.secret_hash', secretHash)
    .first(
      's.id as session_id',
      's.expires_at',
      's.revoked_at',
      tx.raw(
        `s.revoked_at is null and s.expires_at > now()
         and s.last_seen_at > now() - make_interval(secs => ?) as alive`,
        [limits.idleSeconds],
      ),
      ...userColumns('u'),
    );
  return (
    row && {
      session: {
        id: row.session_id,
        userId: row.id,
        expiresAt: row.expires_at,
        revokedAt: optional(row.revoked_at),
        alive: row.alive,
      },
      user: toUser(row),
    }
  );
}

/** Starts the idle limit again. */
export async function touchSession(
  tx: Tx,
  id: string,
  client: ClientInfo,
): Promise<void> {
  await tx('sessions').where({ id }).update({
    last_seen_at: tx.fn.now(),
    address: client.address,
    agent: client.agent,
  });
}

/** False if it was revoked before. */
export async function revokeSession(
  tx: Knex.Transaction,
  id: string,
): Promise<boolean> {
  const changed = await tx('sessions')
    .where({ id })
    .whereNull('revoked_at')
    .update({ revoked_at: tx.fn.now() });
  return changed > 0;
}

/** Ends every session of a user; how many that were. */
export async function revokeSessionsOf(
  tx: Knex.Transaction,
  userId: string,
): Promise<number> {
  return tx('sessions')
    .where({ user_id: userId })
    .whereNull('revoked_at')
    .where('expires_at', '>', tx.fn.now())
    .update({ revoked_at: tx.fn.now() });
}
