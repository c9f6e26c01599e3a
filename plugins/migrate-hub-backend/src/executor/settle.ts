import { setTimeout as sleep } from 'timers/promises';
import {
  LedgerRow,
  SessionHandle,
  TargetError,
  TargetSession,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { failoverBetween, failoverText } from '../domain/failover';
import { Backoff } from './Backoff';
import { ItemFailure } from './ItemFailure';
import { Facts } from './outcome';

export interface SettleTask {
  /** A new session to the same target, with the approved server identity checked. */
  connect(): Promise<TargetSession>;
  /** The session that was lost: it may be at work on the server still. */
  predecessor: SessionHandle;
  ledger: Omit<LedgerRow, 'position' | 'state' | 'statementSha256'>;
  facts: Facts;
  /** How long to try to reach the target, in all. */
  withinMs: number;
  /** How long the lost session may be at its statement. */
  lockMs: number;
  /** Whether a proof of the last sending decides: not where an earlier one is in doubt too. */
  provable: boolean;
  found(check: string, result: string): void;
}

/** What a new session found out. */
export type Settlement =
  | { settled: true; facts: Facts }
  /** Nobody could be asked: the outcome is not known. */
  | { settled: false; reason: string };

const isLockTimeout = (error: unknown): boolean =>
  error instanceof TargetError && error.code === 'LOCK_TIMEOUT';

/**
 * Finds out what became of an attempt whose session is gone: a new session
 * takes the lock of the target, which waits for the old one, and reads our own
 * row in the ledger. Present and finished is committed, absent is not.
 *
 * @remarks
 * Whatever goes wrong on the way is tried again until the time is over: only
 * that another server answers is final.
 */
export async function settle(task: SettleTask): Promise<Settlement> {
  const backoff = new Backoff({ firstMs: 100, capMs: 2_000 });
  let deadline = Date.now() + task.withinMs;
  for (;;) {
    try {
      const session = await task.connect();
      const began = Date.now();
      try {
        return { settled: true, facts: await ask(task, session) };
      } finally {
        await session.close();
        // A wait for the lock does not shorten the time to reach the target.
        deadline += Date.now() - began;
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const pause = backoff.next();
      const hopeless = error instanceof ItemFailure || isLockTimeout(error);
      if (hopeless || Date.now() + pause > deadline) {
        task.found('Asked the target with a new session', reason);
        return { settled: false, reason };
      }
      await sleep(pause);
    }
  }
}

async function ask(task: SettleTask, session: TargetSession): Promise<Facts> {
  await session.acquireLock({
    timeoutMs: task.lockMs,
    predecessor: task.predecessor,
  });
  const { runItemId, direction, migrationKey } = task.ledger;
  const { own } = await session.readRecord({
    runItemId,
    direction,
    migrationKey,
  });
  task.found('Ledger in the target, read by a new session', ledgerText(own));
  const failover = failoverBetween(task.predecessor, session.backend);
  if (failover && own?.state !== 'finished') {
    throw new ItemFailure('SERVER_CHANGED', failoverText(failover));
  }
  if (task.facts.doubt === 'none') {
    await closeIfNothing(task, session, own, task.facts);
    return task.facts;
  }
  const facts = await proved(task, session, own, factsOf(own, task.facts));
  await closeIfNothing(task, session, own, facts);
  return facts;
}

/** A row that says "unfinished" of nothing would block everybody after us. */
async function closeIfNothing(
  task: SettleTask,
  session: TargetSession,
  own: LedgerRow | undefined,
  facts: Facts,
): Promise<void> {
  const unfinished = own?.state === 'running' || own?.state === 'started';
  if (!unfinished || facts.durable > 0 || facts.doubt !== 'none') return;
  await session.prepareTables();
  await session.writeLedger({
    ...task.ledger,
    position: 0,
    state: 'not_applied',
  });
}

/** Asks the server itself about the statement in doubt, where it can tell. */
async function proved(
  task: SettleTask,
  session: TargetSession,
  own: LedgerRow | undefined,
  facts: Facts,
): Promise<Facts> {
  if (own?.state !== 'started' || !task.provable) return facts;
  const proof = await session.proveOutcome?.(own);
  task.found(
    `Proof by the server for statement ${own.position + 1}`,
    proofText(proof),
  );
  if (!proof) return facts;
  const durable = proof === 'applied' ? own.position + 1 : own.position;
  if (durable > 0) {
    await session.prepareTables();
    await session.writeLedger({
      ...task.ledger,
      position: durable,
      state: 'running',
    });
  }
  return { recorded: false, durable, doubt: 'none' };
}

export function proofText(
  proof: 'applied' | 'not_applied' | undefined,
): string {
  if (!proof) return 'none';
  return proof === 'applied' ? 'it took effect' : 'it did not take effect';
}

/** A ledger row in words. */
export function ledgerText(row: LedgerRow | undefined): string {
  switch (row?.state) {
    case 'finished':
      return `finished (attempt ${row.attempt})`;
    case 'running':
      return `${row.position} statements done, none under way (attempt ${row.attempt})`;
    case 'started':
      return `statement ${row.position + 1} under way, ${
        row.position
      } done before it (attempt ${row.attempt})`;
    case 'not_applied':
      return `closed, nothing applied (attempt ${row.attempt})`;
    default:
      return 'no row of this run item';
  }
}

/** What the ledger says, read under the lock with no session of ours left. */
function factsOf(own: LedgerRow | undefined, before: Facts): Facts {
  switch (own?.state) {
    case 'finished':
      return { recorded: true, durable: own.position, doubt: 'none' };
    case 'running':
      return { recorded: false, durable: own.position, doubt: 'none' };
    case 'started':
      return { recorded: false, durable: own.position, doubt: 'statement' };
    default:
      // No row, or one that an earlier attempt closed: the transaction that
      // would have written it did not commit.
      return { ...before, recorded: false, doubt: 'none' };
  }
}
