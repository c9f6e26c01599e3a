import { Knex } from 'knex';
import { UserRecord } from '../domain/types';
import { Cursor } from './cursor';
import { Tx, newId } from './Database';
import { exactTime, optional } from './rows';
import { toUser, userColumns } from './users';

export interface SessionRecord {
  id: string;
  userId: string;
  provider: string;
  secretHash: Buffer;
  /** Keyed hash of whose session it is. */
  ownerMac?: Buffer;
  expiresAt: Date;
  /** Ciphertext of the identity provider's refresh token. */
  upstreamToken?: string;
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
    ownerMac: (session: { id: string; userId: string }) => Buffer;
    absoluteSeconds: number;
  },
): Promise<{ id: string; expiresAt: Date }> {
  const { userId } = session;
  const id = newId();
  const [row] = await tx('sessions')
    .insert({
      id,
      user_id: userId,
      owner_mac: session.ownerMac({ id, userId }),
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

/** How the browser's secret stands to the session. */
export type SecretState =
  | 'current'
  /** Replaced a moment ago: another tab was quicker. */
  | 'just_replaced'
  /** Replaced before: somebody has a copy. */
  | 'replayed';

/**
 * The session that the browser's secret opens, or opened, with its user.
 *
 * @param secretHashes - of the secret, by each key
 */
export async function findSession(
  tx: Tx,
  secretHashes: Buffer[],
  limits: { idleSeconds: number; graceSeconds: number },
): Promise<
  { session: SessionRecord; secret: SecretState; user: UserRecord } | undefined
> {
  const row = await tx('sessions as s')
    .join('users as u', 'u.id', 's.user_id')
    .leftJoin('retired_session_ids as r', join =>
      join.on('r.session_id', 's.id').andOnIn('r.secret_hash', secretHashes),
    )
    .whereIn('s.secret_hash', secretHashes)
    .orWhereIn(
      's.id',
      tx('retired_session_ids')
        .whereIn('secret_hash', secretHashes)
        .select('session_id'),
    )
    .first(
      's.id as session_id',
      's.provider as session_provider',
      's.secret_hash',
      's.owner_mac',
      's.expires_at',
      's.upstream_token',
      tx.raw(
        `s.revoked_at is null and s.expires_at > now()
         and s.last_seen_at > now() - make_interval(secs => ?) as alive`,
        [limits.idleSeconds],
      ),
      tx.raw(
        `case when r.secret_hash is null then 'current'
              when r.retired_at > now() - make_interval(secs => ?) then 'just_replaced'
              else 'replayed' end as secret`,
        [limits.graceSeconds],
      ),
      ...userColumns('u'),
    );
  return (
    row && {
      session: {
        id: row.session_id,
        userId: row.id,
        provider: row.session_provider,
        secretHash: row.secret_hash,
        ownerMac: optional(row.owner_mac),
        expiresAt: row.expires_at,
        upstreamToken: optional(row.upstream_token),
        alive: row.alive,
      },
      secret: row.secret,
      user: toUser(row),
    }
  );
}

/** Gives the session another secret; false if another call did so first. */
export async function rotateSecret(
  tx: Knex.Transaction,
  session: { id: string; secretHash: Buffer },
  nextHash: Buffer,
): Promise<boolean> {
  const changed = await tx('sessions')
    .where({ id: session.id, secret_hash: session.secretHash })
    .whereNull('revoked_at')
    .update({ secret_hash: nextHash });
  if (changed === 0) return false;
  await tx('retired_session_ids').insert({
    secret_hash: session.secretHash,
    session_id: session.id,
  });
  return true;
}

/**
 * Whether it is time to ask the identity provider; the one who is told so is
 * the only one for that long.
 */
export async function claimUpstreamCheck(
  tx: Tx,
  id: string,
  everySeconds: number,
): Promise<boolean> {
  const changed = await tx('sessions')
    .where({ id })
    .whereNotNull('upstream_token')
    .whereRaw('upstream_checked_at < now() - make_interval(secs => ?)', [
      everySeconds,
    ])
    .update({ upstream_checked_at: tx.fn.now() });
  return changed > 0;
}

/** Keeps what the identity provider gave. @param token - encrypted */
export async function setUpstreamToken(
  tx: Tx,
  id: string,
  token: string,
): Promise<void> {
  await tx('sessions')
    .where({ id })
    .whereNull('revoked_at')
    .update({ upstream_token: token });
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

/** With a session goes the token of the identity provider. */
const ended = (tx: Knex.Transaction) => ({
  revoked_at: tx.fn.now(),
  upstream_token: null,
});

/** False if it was revoked before. */
export async function revokeSession(
  tx: Knex.Transaction,
  id: string,
): Promise<boolean> {
  const changed = await tx('sessions')
    .where({ id })
    .whereNull('revoked_at')
    .update(ended(tx));
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
    .update(ended(tx));
}

/** Forgets where the sessions of a user came from. */
export async function forgetClients(
  tx: Knex.Transaction,
  userId: string,
): Promise<void> {
  await tx('sessions')
    .where({ user_id: userId })
    .update({ address: null, agent: null });
}

/** Ends every session of a provider; how many that were. */
export async function revokeSessionsBy(
  tx: Knex.Transaction,
  provider: string,
): Promise<number> {
  return tx('sessions')
    .where({ provider })
    .whereNull('revoked_at')
    .where('expires_at', '>', tx.fn.now())
    .update(ended(tx));
}

/** An open session, as lists show it. */
export interface OpenSession {
  id: string;
  userId: string;
  provider: string;
  address?: string;
  agent?: string;
  createdAt: Date;
  exactCreatedAt: string;
  lastSeenAt: Date;
  expiresAt: Date;
}

interface OpenSessionRow {
  id: string;
  user_id: string;
  provider: string;
  address: string | null;
  agent: string | null;
  created_at: Date;
  exact_created_at: string;
  last_seen_at: Date;
  expires_at: Date;
}

const toOpenSession = (row: OpenSessionRow): OpenSession => ({
  id: row.id,
  userId: row.user_id,
  provider: row.provider,
  address: optional(row.address),
  agent: optional(row.agent),
  createdAt: row.created_at,
  exactCreatedAt: row.exact_created_at,
  lastSeenAt: row.last_seen_at,
  expiresAt: row.expires_at,
});

const openSessions = (tx: Tx, idleSeconds: number) =>
  tx('sessions')
    .whereNull('revoked_at')
    .where('expires_at', '>', tx.fn.now())
    .whereRaw('last_seen_at > now() - make_interval(secs => ?)', [idleSeconds])
    .select(
      'id',
      'user_id',
      'provider',
      'address',
      'agent',
      'created_at',
      'last_seen_at',
      'expires_at',
      tx.raw(exactTime('created_at', 'exact_created_at')),
    );

/** Newest first; ids sort by creation, so the primary key is the order. */
export async function listOpenSessions(
  tx: Tx,
  filter: {
    userId?: string;
    idleSeconds: number;
    cursor?: Cursor;
    limit: number;
  },
): Promise<OpenSession[]> {
  const query = openSessions(tx, filter.idleSeconds)
    .orderBy('id', 'desc')
    .limit(filter.limit);
  if (filter.userId) query.where({ user_id: filter.userId });
  if (filter.cursor) query.where('id', '<', filter.cursor.id);
  return (await query).map(toOpenSession);
}

/** The user whose session it is, open or not. */
export async function findSessionOwner(
  tx: Tx,
  id: string,
): Promise<string | undefined> {
  const row = await tx('sessions').where({ id }).first('user_id');
  return row?.user_id;
}

/** Forgets the replaced ids of sessions that ended a day ago. */
export async function pruneRetiredIds(knex: Knex): Promise<void> {
  await knex('retired_session_ids')
    .whereIn(
      'session_id',
      knex('sessions')
        .whereRaw(`least(expires_at, revoked_at) < now() - interval '1 day'`)
        .select('id'),
    )
    .delete();
}
