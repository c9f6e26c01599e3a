import { createHash } from 'crypto';
import { setTimeout as sleep } from 'timers/promises';
import {
  SessionHandle,
  TargetError,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { Predecessor, PredecessorState } from './predecessor';
import { STARTED_AT } from './server';
import { Row, Wire } from './Wire';

/**
 * One key for every database: Postgres keeps advisory locks for each database
 * apart, so a constant means "one run at a time in this database", whatever its
 * history table is called.
 */
const KEY = createHash('sha256')
  .update('migrate-hub target lock')
  .digest()
  .readBigInt64BE(0);

const LOCK_KEY = `'${KEY}'::pg_catalog.int8`;

/** How `pg_locks` shows a key: its two halves as unsigned numbers. */
const SHOWN = `l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
    AND l.classid = ${BigInt.asUintN(
      32,
      KEY >> 32n,
    )} AND l.objid = ${BigInt.asUintN(32, KEY)}`;

/**
 * Whether the lock is this transaction's, as an expression: a script may free
 * every lock of its session, but not that of the transaction that it runs in.
 */
export const LOCK_FENCES = `pg_try_advisory_xact_lock(${LOCK_KEY})`;

/**
 * Whether this session holds the lock, as an expression; operators as in
 * `pg_catalog`. Takes it for the transaction as well.
 *
 * @remarks
 * Only giving it back tells whether one had it. Meanwhile the transaction holds
 * it too, so nobody else can get it before it is taken again. The view pg_locks
 * would tell as well, but looks through the locks of all sessions of the server,
 * and lets none of them take or free any while it does.
 */
export const LOCK_HELD = `CASE WHEN ${LOCK_FENCES}
    THEN CASE WHEN pg_advisory_unlock(${LOCK_KEY})
      THEN pg_try_advisory_lock(${LOCK_KEY}) ELSE false END
    ELSE false END`;

const HOLDER = `
SELECT l.pid::text AS pid, a.application_name AS name, ${STARTED_AT} AS since
FROM pg_catalog.pg_locks l
LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
WHERE ${SHOWN} AND l.database = (
    SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())`;

const SHORTEST_MS = 50;
const LONGEST_MS = 1_000;

/** So long a session that was ended past the time limit may take to go. */
const END_MS = 10_000;

export interface LockOptions {
  timeoutMs: number;
  signal?: AbortSignal;
  onWaiting?: (holder: string) => void;
  predecessor?: SessionHandle;
}

/**
 * Polls the try-form, each time as a transaction of its own: a waiter inside
 * `pg_advisory_lock()` holds a snapshot, and a running CREATE INDEX CONCURRENTLY
 * waits for it until one of the two is killed. The lock is not taken before the
 * session of an earlier attempt is gone.
 *
 * @param query - is asked under the lock, in the message that takes it
 * @returns its rows
 */
export async function pollLock(
  wire: Wire,
  options: LockOptions,
  query: string,
): Promise<Row[]> {
  const predecessor =
    options.predecessor && new Predecessor(wire, options.predecessor);
  const deadline = Date.now() + options.timeoutMs;
  let told: string | undefined;
  for (let pause = SHORTEST_MS; ; pause = Math.min(pause * 1.5, LONGEST_MS)) {
    if (options.signal?.aborted) {
      throw canceled();
    }
    const left = deadline - Date.now();
    const state = await clearWay(wire, predecessor, { isLate: left <= 0 });
    const rows = state === 'gone' && (await tryLock(wire, query));
    if (rows) {
      return rows;
    }
    const holder = await describeHolder(wire, predecessor, state);
    if (holder !== undefined && holder !== told) {
      told = holder;
      options.onWaiting?.(holder);
    }
    if ((state === 'active' ? left + END_MS : left) <= 0) {
      throw lockTimeout(told, options.timeoutMs, {
        refusal: predecessor?.refusal,
        isHidden: state === 'hidden',
      });
    }
    const jittered = pause * (0.5 + Math.random());
    const rest = left > 0 ? Math.min(jittered, left) : SHORTEST_MS;
    await sleep(rest, undefined, { signal: options.signal }).catch(() => {
      throw canceled();
    });
  }
}

async function tryLock(wire: Wire, query: string): Promise<Row[] | undefined> {
  const [lock, answer] = await wire.ask(
    `SELECT pg_catalog.pg_try_advisory_lock(${LOCK_KEY}) AS got;\n${query}`,
  );
  return lock.rows[0].got === true ? answer.rows : undefined;
}

/** Ends what an earlier attempt left behind if it is idle, or past the time limit. */
async function clearWay(
  wire: Wire,
  predecessor: Predecessor | undefined,
  { isLate }: { isLate: boolean },
): Promise<PredecessorState> {
  if (!predecessor) {
    return 'gone';
  }
  const [{ rows }] = await wire.ask(HOLDER);
  const state = await predecessor.state(rows[0] && String(rows[0].pid));
  if (state === 'idle' || (state === 'active' && isLate)) {
    await predecessor.end();
  }
  return state;
}

async function describeHolder(
  wire: Wire,
  predecessor: Predecessor | undefined,
  state: PredecessorState,
): Promise<string | undefined> {
  const [{ rows }] = await wire.ask(HOLDER);
  const earlier = ', left by an earlier attempt';
  if (!rows.length) {
    return predecessor && state !== 'gone'
      ? `session ${predecessor.pid}${earlier}`
      : undefined;
  }
  const [{ pid, name, since }] = rows;
  const who = name ? ` (${name})` : '';
  const when = since ? `, connected since ${since}` : '';
  const isEarlier = state !== 'gone' && pid === predecessor?.pid;
  return `session ${pid}${who}${when}${isEarlier ? earlier : ''}`;
}

function lockTimeout(
  holder: string | undefined,
  timeoutMs: number,
  { refusal, isHidden }: { refusal?: string; isHidden: boolean },
): TargetError {
  const why = [
    `Waited ${timeoutMs} ms for the lock of this database. It is held by ${
      holder ?? 'a session that cannot be seen'
    }`,
    isHidden &&
      'This account may not see what that session does, so it was left alone: grant it pg_read_all_stats, or end the session',
    refusal && `The server did not let this account end it: ${refusal}`,
  ].filter(Boolean);
  return new TargetError({ code: 'LOCK_TIMEOUT', message: why.join('. ') });
}

function canceled(): TargetError {
  return new TargetError({
    code: 'CANCELED',
    message: 'Canceled while waiting for the lock of this database',
  });
}
