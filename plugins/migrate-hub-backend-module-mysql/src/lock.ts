import { createHash } from 'crypto';
import { setTimeout as sleep } from 'timers/promises';
import {
  SessionHandle,
  TargetError,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { asDriverError, serverError } from './errors';
import { ServerFacts } from './facts';
import { Predecessor, PredecessorState } from './predecessor';
import { findSession } from './sessions';
import { Wire } from './wire';

/** As SQL: 51 characters of the 64 that MySQL allows, lower case because MariaDB compares it. */
export function lockLiteral(schema: string): string {
  const hash = createHash('sha256').update(`migrate-hub lock\0${schema}`);
  return `'mh_${hash.digest('hex').slice(0, 48)}'`;
}

/** So long a session that was ended past the time limit may take to go. */
const END_MS = 10_000;

export interface LockOptions {
  timeoutMs: number;
  signal?: AbortSignal;
  onWaiting?: (holder: string) => void;
  predecessor?: SessionHandle;
}

/** Whoever is waited for, told once. */
class Holder {
  readonly #wire: Wire;
  readonly #tell: ((holder: string) => void) | undefined;
  #id: string | undefined;
  text = 'another session';

  constructor(wire: Wire, tell: ((holder: string) => void) | undefined) {
    this.#wire = wire;
    this.#tell = tell;
  }

  async meet(
    id: string | undefined,
    { earlier }: { earlier: boolean } = { earlier: false },
  ): Promise<void> {
    if (id === undefined || id === this.#id) {
      return;
    }
    this.#id = id;
    const session = await describeSession(this.#wire, id);
    this.text = earlier ? `${session}, left by an earlier attempt` : session;
    this.#tell?.(this.text);
  }
}

/**
 * Takes the one lock of a database, whatever its history table is called, and
 * not before the session of an earlier attempt is gone.
 *
 * @remarks
 * Never waits inside the server: a waiter could be chosen as the victim of a
 * deadlock with the holder's own statement, or the holder could.
 */
export async function acquireLock(
  wire: Wire,
  facts: ServerFacts,
  options: LockOptions,
): Promise<void> {
  const { timeoutMs, signal } = options;
  assertLockable(facts);
  const name = lockLiteral(facts.schema);
  const predecessor =
    options.predecessor && new Predecessor(wire, options.predecessor);
  const holder = new Holder(wire, options.onWaiting);
  const end = performance.now() + timeoutMs;
  for (;;) {
    if (signal?.aborted) {
      throw canceled();
    }
    const left = end - performance.now();
    const found = predecessor && (await seek(wire, name, predecessor));
    if (predecessor && found && found.state !== 'gone') {
      await holder.meet(found.used ?? predecessor.id, {
        earlier: (found.used ?? predecessor.id) === predecessor.id,
      });
      if (found.state === 'idle' || (found.state === 'active' && left <= 0)) {
        await predecessor.end();
      }
    } else {
      const { got, used } = await tryLock(wire, name);
      if (got) {
        return;
      }
      await holder.meet(used);
    }
    const over = found?.state === 'active' ? left + END_MS : left;
    if (over <= 0) {
      throw lockTimeout(holder, timeoutMs, {
        refusal: predecessor?.refusal,
        isHidden: found?.state === 'hidden',
      });
    }
    const pause = Math.min(Math.max(left, 50), 50 + Math.random() * 200);
    await sleep(pause, undefined, { signal }).catch(() => undefined);
  }
}

async function seek(
  wire: Wire,
  name: string,
  predecessor: Predecessor,
): Promise<{ state: PredecessorState; used?: string }> {
  const [row] = await wire.rows(`SELECT IS_USED_LOCK(${name}) AS used`);
  const used = row.used ?? undefined;
  return { state: await predecessor.state(used), used };
}

function lockTimeout(
  holder: Holder,
  timeoutMs: number,
  { refusal, isHidden }: { refusal?: string; isHidden: boolean },
): TargetError {
  const why = [
    `The lock of the database is held by ${holder.text}; waited ${timeoutMs} ms`,
    isHidden &&
      'This account may not see what that session does, so it was left alone: grant it PROCESS, or end the session',
    refusal && `The server did not let this account end it: ${refusal}`,
  ].filter(Boolean);
  return new TargetError({ code: 'LOCK_TIMEOUT', message: why.join('. ') });
}

function canceled(): TargetError {
  return new TargetError({
    code: 'CANCELED',
    message: 'Canceled while waiting for the lock of the database',
  });
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
  const found = await findSession(wire, id).catch(() => undefined);
  return found
    ? `session ${id} (${found.account} from ${found.host}, in its state for ${found.seconds} s)`
    : `session ${id}`;
}
