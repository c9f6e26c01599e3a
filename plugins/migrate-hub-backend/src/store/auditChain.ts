import { Knex } from 'knex';
import { ChainHead, ChainLink, Checkpoint } from '../domain/auditChain';
import { Tx } from './Database';
import { optional } from './rows';

/** One chainer at a time in this database; a constant of ours. */
const CHAINER_LOCK = '7305821460273119';

export interface CheckpointRow {
  seq: string;
  at: Date;
  hash: Buffer;
  previous: string | null;
  key_id: string;
  signature: Buffer;
}

export const toCheckpoint = (row: CheckpointRow): Checkpoint => ({
  seq: Number(row.seq),
  at: row.at,
  hash: row.hash,
  previous: row.previous === null ? undefined : Number(row.previous),
  keyId: row.key_id,
  signature: row.signature,
});

/** Whether this transaction is the one that may link; until its end. */
export async function tryChainerLock(tx: Knex.Transaction): Promise<boolean> {
  const { rows } = await tx.raw(`select pg_try_advisory_xact_lock(?) as held`, [
    CHAINER_LOCK,
  ]);
  return rows[0].held;
}

/**
 * Committed events that have no link, oldest ids first, with the hash of what they are now.
 *
 * @remarks
 * `offset 0` keeps the planner at the outbox: it would else go along all events
 * there ever were, whenever the outbox was long at its last look.
 */
export async function takeUnlinked(
  tx: Knex.Transaction,
  limit: number,
): Promise<{ eventId: string; eventHash: Buffer }[]> {
  const { rows } = await tx.raw(
    `select e.id as "eventId", pg_catalog.sha256(e.canonical) as "eventHash"
       from audit_outbox o
      cross join lateral (
              select id, canonical from audit_events where id = o.event_id offset 0
            ) as e
      order by o.event_id limit ?`,
    [limit],
  );
  return rows;
}

export async function lastLink(tx: Tx): Promise<ChainHead | undefined> {
  const row = await tx('audit_links')
    .orderBy('seq', 'desc')
    .first('seq', 'hash');
  return row && { seq: Number(row.seq), hash: row.hash };
}

export async function findLink(
  tx: Tx,
  seq: number,
): Promise<ChainHead | undefined> {
  const row = await tx('audit_links').where({ seq }).first('seq', 'hash');
  return row && { seq: Number(row.seq), hash: row.hash };
}

export async function lastCheckpoint(tx: Tx): Promise<Checkpoint | undefined> {
  const row = await tx('audit_checkpoints').orderBy('seq', 'desc').first();
  return row && toCheckpoint(row);
}

export async function findCheckpoint(
  tx: Tx,
  seq: number,
): Promise<Checkpoint | undefined> {
  const row = await tx('audit_checkpoints').where({ seq }).first();
  return row && toCheckpoint(row);
}

/**
 * The last checkpoint before a time: every event that it covers is older.
 *
 * @remarks relies on audit_checkpoints_at
 */
export async function lastCheckpointBefore(
  tx: Tx,
  time: string,
): Promise<Checkpoint | undefined> {
  const row = await tx('audit_checkpoints')
    .where('at', '<', time)
    .orderBy([
      { column: 'at', order: 'desc' },
      { column: 'seq', order: 'desc' },
    ])
    .first();
  return row && toCheckpoint(row);
}

/** The last link and the last checkpoint, as of one moment; 0 without any. */
export async function chainEnds(
  tx: Tx,
): Promise<{ link: number; checkpoint: number }> {
  const { rows } = await tx.raw(
    `select (select coalesce(max(seq), 0) from audit_links) as link,
            (select coalesce(max(seq), 0) from audit_checkpoints) as checkpoint`,
  );
  return { link: Number(rows[0].link), checkpoint: Number(rows[0].checkpoint) };
}

/** The checkpoint that covers a link. */
export async function checkpointFrom(
  tx: Tx,
  seq: number,
): Promise<Checkpoint | undefined> {
  const row = await tx('audit_checkpoints')
    .where('seq', '>=', seq)
    .orderBy('seq')
    .first();
  return row && toCheckpoint(row);
}

/** The last link of an event that is older than a time, 0 without any. */
export async function lastLinkBefore(tx: Tx, time: string): Promise<number> {
  const { rows } = await tx.raw(
    `select coalesce(max(l.seq), 0) as seq
       from audit_events e join audit_links l on l.event_id = e.id
      where e.at < ?`,
    [time],
  );
  return Number(rows[0].seq);
}

/** By the database's clock, and not that of the transaction: what it signs was committed before. */
export async function clockTime(tx: Tx): Promise<Date> {
  const { rows } = await tx.raw(
    `select date_trunc('milliseconds', clock_timestamp()) as at`,
  );
  return rows[0].at;
}

/** A whole batch, and what it takes out of the outbox. */
export async function insertLinks(
  tx: Knex.Transaction,
  links: ChainLink[],
): Promise<void> {
  const ids = links.map(link => link.eventId);
  await tx.raw(
    `insert into audit_links (seq, event_id, event_hash, hash)
     select seq, event_id, decode(event_hash, 'hex'), decode(hash, 'hex')
       from unnest(?::bigint[], ?::uuid[], ?::text[], ?::text[])
         as link(seq, event_id, event_hash, hash)`,
    [
      links.map(link => link.seq),
      ids,
      links.map(link => link.eventHash.toString('hex')),
      links.map(link => link.hash.toString('hex')),
    ],
  );
  await tx.raw(`delete from audit_outbox where event_id = any(?::uuid[])`, [
    ids,
  ]);
}

export async function insertCheckpoint(
  tx: Knex.Transaction,
  checkpoint: Checkpoint,
): Promise<void> {
  await tx('audit_checkpoints').insert({
    seq: checkpoint.seq,
    at: checkpoint.at.toISOString(),
    hash: checkpoint.hash,
    previous: checkpoint.previous,
    key_id: checkpoint.keyId,
    signature: checkpoint.signature,
  });
}

/** How many events wait for the chainer. */
export async function countUnlinked(tx: Tx): Promise<number> {
  const [{ count }] = await tx('audit_outbox').count('* as count');
  return Number(count);
}

/**
 * An event that is neither linked nor waits, or one that waits and is not
 * there: somebody has taken links, or events, away.
 *
 * @param since - looks at events from then on only
 */
export async function findStray(
  tx: Tx,
  since: Date | undefined,
): Promise<{ event: string; deleted: boolean } | undefined> {
  const { rows } = await tx.raw(
    `(select e.id as event, false as deleted
        from audit_events e
       where (:since::timestamptz is null or e.at >= :since)
         and not exists (select from audit_links l where l.event_id = e.id)
         and not exists (select from audit_outbox o where o.event_id = e.id)
       limit 1)
     union all
     (select o.event_id, true from audit_outbox o
       where not exists (select from audit_events e where e.id = o.event_id)
       limit 1)`,
    { since: since?.toISOString() ?? null },
  );
  return optional(rows[0]);
}
