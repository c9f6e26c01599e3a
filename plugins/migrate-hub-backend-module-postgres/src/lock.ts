import { createHash } from 'crypto';
import { setTimeout as sleep } from 'timers/promises';
import { TargetError } from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { STARTED_AT } from './server';
import { Wire } from './Wire';

/**
 * One key for every database: Postgres keeps advisory locks for each database
 * apart, so a constant means "one run at a time in this database", whatever its
 * history table is called.
 */
const KEY = createHash('sha256')
  .update('migrate-hub target lock')
  .digest()
  .readBigInt64BE(0);

export const LOCK_KEY = `'${KEY}'::pg_catalog.int8`;

/** How `pg_locks` shows a key: its two halves as unsigned numbers. */
const SHOWN = `l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
    AND l.classid = ${BigInt.asUintN(
      32,
      KEY >> 32n,
    )} AND l.objid = ${BigInt.asUintN(32, KEY)}`;

/** Whether this session holds the lock, as an expression; operators as in `pg_catalog`. */
export const LOCK_HELD = `EXISTS (
    SELECT FROM pg_catalog.pg_locks l
    WHERE l.pid = pg_catalog.pg_backend_pid() AND ${SHOWN})`;

const HOLDER = `
SELECT l.pid::text AS pid, a.application_name AS name, ${STARTED_AT} AS since
FROM pg_catalog.pg_locks l
LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
WHERE ${SHOWN} AND l.database = (
    SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())`;

const SHORTEST_MS = 50;
const LONGEST_MS = 1_000;

/**
 * Polls the try-form, each time as a transaction of its own: a waiter inside
 * `pg_advisory_lock()` holds a snapshot, and a running CREATE INDEX CONCURRENTLY
 * waits for it until one of the two is killed.
 */
export async function pollLock(
  wire: Wire,
  options: {
    timeoutMs: number;
    signal?: AbortSignal;
    onWaiting?: (holder: string) => void;
  },
): Promise<void> {
  const deadline = Date.now() + options.timeoutMs;
  let told: string | undefined;
  for (let pause = SHORTEST_MS; ; pause = Math.min(pause * 1.5, LONGEST_MS)) {
    if (options.signal?.aborted) {
      throw canceled();
    }
    const [answer] = await wire.ask(
      `SELECT pg_catalog.pg_try_advisory_lock(${LOCK_KEY}) AS got`,
    );
    if (answer.rows[0].got === true) {
      return;
    }
    const holder = await describeHolder(wire);
    if (holder !== undefined && holder !== told) {
      told = holder;
      options.onWaiting?.(holder);
    }
    const left = deadline - Date.now();
    if (left <= 0) {
      throw new TargetError({
        code: 'LOCK_TIMEOUT',
        message: `Waited ${
          options.timeoutMs
        } ms for the lock of this database. It is held by ${
          told ?? 'a session that cannot be seen'
        }`,
      });
    }
    const jittered = pause * (0.5 + Math.random());
    await sleep(Math.min(jittered, left), undefined, {
      signal: options.signal,
    }).catch(() => {
      throw canceled();
    });
  }
}

async function describeHolder(wire: Wire): Promise<string | undefined> {
  const [{ rows }] = await wire.ask(HOLDER);
  if (!rows.length) {
    return undefined;
  }
  const [{ pid, name, since }] = rows;
  const who = name ? ` (${name})` : '';
  return `session ${pid}${who}${since ? `, connected since ${since}` : ''}`;
}

function canceled(): TargetError {
  return new TargetError({
    code: 'CANCELED',
    message: 'Canceled while waiting for the lock of this database',
  });
}
