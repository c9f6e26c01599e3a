import { setTimeout as sleep } from 'timers/promises';
import {
  LedgerRow,
  TargetError,
  TargetSession,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { Backoff } from './Backoff';
import { Facts } from './outcome';

export interface SettleTask {
  /** A new session to the same target, with the approved server identity checked. */
  connect(): Promise<TargetSession>;
  ledger: Omit<LedgerRow, 'position' | 'state' | 'statementSha256'>;
  facts: Facts;
  /** How long to try, in all. */
  withinMs: number;
}

/** What a new session found out. */
export type Settlement =
  | { settled: true; facts: Facts }
  /** Nobody could be asked: the outcome is not known. */
  | { settled: false; reason: string };

/**
 * Finds out what became of an attempt whose session is gone: a new session
 * takes the lock of the target, which waits for the old one, and reads our own
 * row in the ledger. Present and finished is committed, absent is not.
 */
export async function settle(task: SettleTask): Promise<Settlement> {
  const deadline = Date.now() + task.withinMs;
  const backoff = new Backoff({ firstMs: 100, capMs: 2_000 });
  for (;;) {
    try {
      return { settled: true, facts: await ask(task, deadline) };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const pause = backoff.next();
      const hopeless = !(error instanceof TargetError);
      if (hopeless || Date.now() + pause > deadline) {
        return { settled: false, reason };
      }
      await sleep(pause);
    }
  }
}

async function ask(task: SettleTask, deadline: number): Promise<Facts> {
  const session = await task.connect();
  try {
    await session.acquireLock({
      timeoutMs: Math.max(1, deadline - Date.now()),
    });
    const { runItemId, direction, migrationKey } = task.ledger;
    const { own } = await session.readRecord({
      runItemId,
      direction,
      migrationKey,
    });
    const facts =
      task.facts.doubt === 'none' ? task.facts : factsOf(own, task.facts);
    const unfinished = own?.state === 'running' || own?.state === 'started';
    if (unfinished && facts.durable === 0 && facts.doubt === 'none') {
      await session.writeLedger({
        ...task.ledger,
        position: 0,
        state: 'not_applied',
      });
    }
    return facts;
  } finally {
    await session.close();
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
