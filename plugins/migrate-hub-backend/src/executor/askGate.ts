import { setTimeout as sleep } from 'timers/promises';
import { Outcome } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { holdOfRefusals } from '../domain/holds';
import { Refusal } from '../domain/refusal';
import { Ending, failed, stopped } from './endings';
import { ItemAttempt } from './ItemAttempt';
import { ItemFailure } from './ItemFailure';

/** A target is locked while the gate is asked: no longer than this. */
const GATE_TIMEOUT_MS = 10_000;

/** What the gate says to one item. `canceled`: somebody asked to cancel the run, which is no failure. */
export interface GateAnswer {
  blockers: Refusal[];
  canceled: boolean;
}

/**
 * Asks the gate before a statement of this attempt is sent.
 *
 * @param at - what is in the target by now
 * @returns how the attempt ends, if it may not go on
 */
export async function askGate(
  store: { gateAnswer(run: string, target: string): Promise<GateAnswer> },
  attempt: ItemAttempt,
  at: { outcome: Outcome; done: number },
): Promise<Ending | undefined> {
  const { blockers, canceled } = await inTime(
    store.gateAnswer(attempt.run.id, attempt.targetId),
    at.outcome,
  );
  if (canceled) {
    attempt.stop('canceled');
    return stopped('canceled', at);
  }
  if (blockers.length === 0) return undefined;
  const reasons = blockers.map(({ message }) => message).join(' ');
  // Nothing was sent, and it can open again: the item waits with its run.
  const waits = at.outcome === 'not_applied' && holdOfRefusals(blockers);
  return {
    ...failed(new ItemFailure('GATE_CLOSED', reasons), { ...at, attempt }),
    blockers,
    ...(waits ? { handOver: 'requeue' } : {}),
  };
}

/** Waits for the metadata store no longer than a target may be locked for it. */
export async function inTime<T>(
  work: Promise<T>,
  outcome: Outcome,
): Promise<T> {
  const timeout = new AbortController();
  const late = sleep(GATE_TIMEOUT_MS, undefined, { signal: timeout.signal });
  try {
    return await Promise.race([
      work,
      late.then(() => {
        throw new ItemFailure(
          'INTERNAL',
          'The hub could not find out in time whether this may still run',
          { outcome },
        );
      }),
    ]);
  } finally {
    timeout.abort();
    late.catch(() => undefined);
    work.catch(() => undefined);
  }
}
