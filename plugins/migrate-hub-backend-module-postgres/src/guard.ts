import { escapeIdentifier, escapeLiteral } from 'pg';
import { TargetError } from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { sessionDamaged } from './errors';
import { LOCK_FENCES, LOCK_HELD } from './lock';
import { Row } from './Wire';

/**
 * What a script may have changed in its session and what is put right around
 * our own statements: search path, role, session user, durability of the commit.
 */
export interface SessionHabits {
  /** In force after log-in. */
  role: string;
  /** The script runs as another session user just now. */
  otherUser: boolean;
  inTransaction: boolean;
}

/**
 * Wraps a statement of our own, so that it runs as the account that connected
 * and with `search_path = pg_catalog`, whatever the script set before. Inside a
 * transaction the script's values are put back behind it: deferred triggers run
 * at COMMIT and rely on them. Outside, SET LOCAL ends with the message.
 */
export function asOurselves(sql: string, habits: SessionHabits): string {
  const remember = ['search_path', 'role'];
  if (habits.otherUser) {
    remember.unshift('session_authorization');
  }
  const saved = (name: string) => escapeLiteral(`migrate_hub.${name}`);
  const before = [
    `SELECT ${remember
      .map(
        name =>
          `pg_catalog.set_config(${saved(
            name,
          )}, pg_catalog.current_setting('${name}'), true)`,
      )
      .join(', ')}`,
    habits.otherUser ? 'SET LOCAL SESSION AUTHORIZATION DEFAULT' : '',
    `SET LOCAL ROLE ${
      habits.role === 'none' ? 'NONE' : escapeIdentifier(habits.role)
    }`,
    'SET LOCAL search_path = pg_catalog',
    // With 'off' a commit that was acknowledged can be gone after a crash.
    "SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'",
  ];
  const after = habits.inTransaction
    ? [
        `SELECT ${remember
          .map(
            name =>
              `set_config('${name}', current_setting(${saved(name)}), true)`,
          )
          .join(', ')}`,
      ]
    : [];
  return [...before, sql, ...after].filter(Boolean).join(';\n');
}

/** What must hold before anything of ours is written. */
export interface Guarded {
  /** Of the transaction that we began; undefined outside one. */
  transactionId?: string;
  /** See `tablesIntact`; undefined before the tables were looked at. */
  tablesIntact?: string;
}

/** A write of ours: `INSERT INTO …` or the like, and the rest with the guard in its place. */
export interface Write {
  into: string;
  of: (guard: string) => string;
}

/**
 * Writes of ours that happen only if the session is sound, and what tells
 * whether it was: one statement, so that nothing comes between check and write.
 *
 * @returns SQL; its row holds the checks, and under the name of each write how
 * many rows it wrote
 */
export function guardedWrites(
  writes: Record<string, Write>,
  guarded: Guarded,
): string {
  const sound =
    'FROM guard WHERE lock_held AND same_transaction AND tables_intact';
  const all = Object.entries(writes);
  const steps = all.map(
    ([name, { into, of }]) => `${name} AS (${into} ${of(sound)} RETURNING 1)`,
  );
  const counts = all.map(
    ([name]) => `(SELECT count(*) FROM ${name})::int4 AS ${name}`,
  );
  return `WITH guard AS MATERIALIZED (SELECT ${checks(guarded)}),
${steps.join(',\n')}
SELECT guard.*, ${counts.join(', ')} FROM guard`;
}

/** The checks alone. */
export function guardOnly(guarded: Guarded): string {
  return `SELECT ${checks(guarded)}`;
}

function checks({ transactionId, tablesIntact }: Guarded): string {
  const same =
    transactionId === undefined
      ? 'true'
      : `coalesce(pg_current_xact_id_if_assigned()::text = ${escapeLiteral(
          transactionId,
        )}, false)`;
  const held = transactionId === undefined ? LOCK_HELD : LOCK_FENCES;
  return `${held} AS lock_held, ${same} AS same_transaction, ${
    tablesIntact ?? 'true'
  } AS tables_intact`;
}

/** Why the session is not sound; undefined if it is. */
export function damageOf(guard: Row): TargetError | undefined {
  if (guard.same_transaction !== true) {
    return sessionDamaged(
      'The script ended the transaction that it runs in and began another: nothing was recorded of what it did',
    );
  }
  if (guard.lock_held !== true) {
    return sessionDamaged(
      'The script freed the lock under which it runs: nothing more is written',
    );
  }
  if (guard.tables_intact !== true) {
    return sessionDamaged(
      'The script changed or dropped the tables in which the hub records what was applied',
    );
  }
  return undefined;
}
