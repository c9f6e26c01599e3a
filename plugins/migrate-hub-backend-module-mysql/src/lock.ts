import { createHash } from 'crypto';
import { setTimeout as sleep } from 'timers/promises';
import { TargetError } from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { asDriverError, serverError } from './errors';
import { ServerFacts } from './facts';
import { Wire } from './wire';

/** As SQL: 51 characters of the 64 that MySQL allows, lower case because MariaDB compares it. */
export function lockLiteral(schema: string): string {
  const hash = createHash('sha256').update(`migrate-hub lock\0${schema}`);
  return `'mh_${hash.digest('hex').slice(0, 48)}'`;
}

/**
 * Takes the one lock of a database, whatever its history table is called.
 *
 * @remarks
 * Never waits inside the server: a waiter could be chosen as the victim of a
 * deadlock with the holder's own statement, or the holder could.
 */
export async function acquireLock(
  wire: Wire,
  facts: ServerFacts,
  options: {
    timeoutMs: number;
    signal?: AbortSignal;
    onWaiting?: (holder: string) => void;
  },
): Promise<void> {
  const { timeoutMs, signal, onWaiting } = options;
  assertLockable(facts);
  const name = lockLiteral(facts.schema);
  const end = performance.now() + timeoutMs;
  let holderId: string | undefined;
  let holder = 'another session';
  for (;;) {
    if (signal?.aborted) {
      throw new TargetError({
        code: 'CANCELED',
        message: 'Canceled while waiting for the lock of the database',
      });
    }
    const { got, used } = await tryLock(wire, name);
    if (got) {
      return;
    }
    if (used !== undefined && used !== holderId) {
      holderId = used;
      holder = await describeSession(wire, used);
      onWaiting?.(holder);
    }
    const left = end - performance.now();
    if (left <= 0) {
      throw new TargetError({
        code: 'LOCK_TIMEOUT',
        message: `The lock of the database is held by ${holder}; waited ${timeoutMs} ms`,
      });
    }
    const pause = Math.min(left, 50 + Math.random() * 200);
    await sleep(pause, undefined, { signal }).catch(() => undefined);
  }
}

function assertLockable(facts: ServerFacts): void {
  const why =
    (facts.isGalera &&
      'This is a Galera cluster: named locks hold on one node only, so two runs could not be kept apart') ||
    (facts.hasPooler &&
      'Something between the hub and the server shares its sessions (a pooler or proxy): a named lock would not stay with this run. Connect to the server itself');
  if (why) {
    throw new TargetError({ code: 'LOCK_UNSUPPORTED', message: why });
  }
}

async function tryLock(
  wire: Wire,
  name: string,
): Promise<{ got: boolean; used?: string }> {
  try {
    const [row] = await wire.rows(
      `SELECT GET_LOCK(${name}, 0) AS got, IS_USED_LOCK(${name}) AS used`,
    );
    return { got: row.got === '1', used: row.used ?? undefined };
  } catch (error) {
    throw serverError('LOCK_UNSUPPORTED', asDriverError(error), {
      prefix: 'The lock of the database could not be asked for: ',
    });
  }
}

/** Other accounts' sessions are visible with the privilege PROCESS only. */
async function describeSession(wire: Wire, id: string): Promise<string> {
  const [row] = await wire
    .rows(
      `SELECT USER AS account, HOST AS host, TIME AS seconds FROM information_schema.PROCESSLIST WHERE ID = ${Number(
        id,
      )}`,
    )
    .catch(() => []);
  return row
    ? `session ${id} (${row.account} from ${row.host}, in its state for ${row.seconds} s)`
    : `session ${id}`;
}
