import { ItemStatus } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { claimRefusals, executeRefusals, retryRefusals } from '../domain/gate';
import { Refusal } from '../domain/refusal';
import { Tx } from '../store/Database';
import { findRun } from '../store/runs';
import { Caller } from './context';
import { gateFacts, RunFacts, RunFactsReader } from './RunFacts';

const targetIdsOf = (facts: RunFacts, statuses: ItemStatus[]) =>
  new Set(
    facts.items
      .filter(item => statuses.includes(item.status))
      .map(item => item.targetId),
  );

/** A caller in the words of the rules. */
export const principal = (caller: Caller) => ({
  caller: caller.user,
  viaPlugin: caller.viaPlugin,
  allowedPlugins: caller.allowedPlugins,
});

/**
 * The one gate. Both ways in pass it: `execute` over the API and every claim
 * of the executor.
 */
export class Gate {
  readonly #facts: RunFactsReader;

  private constructor(facts: RunFactsReader) {
    this.#facts = facts;
  }

  static create(facts: RunFactsReader): Gate {
    return new Gate(facts);
  }

  /** Why this caller may not execute the run now; empty if he may. */
  executeBlockers(
    facts: RunFacts,
    ask: { caller: Caller; skipDisabledTargets: boolean },
  ): Refusal[] {
    return executeRefusals({
      ...gateFacts(facts),
      ...principal(ask.caller),
      skipDisabledTargets: ask.skipDisabledTargets,
    });
  }

  /** Why this caller may not retry the run now; empty if he may. */
  retryBlockers(facts: RunFacts, ask: { caller: Caller }): Refusal[] {
    const unfinished = targetIdsOf(facts, ['failed', 'canceled']);
    return retryRefusals({
      ...gateFacts(facts),
      ...principal(ask.caller),
      targets: facts.targets.filter(target => unfinished.has(target.id)),
      items: facts.items,
    });
  }

  /** Why no item of the run may start now; empty if one may. */
  async claimBlockers(tx: Tx, runId: string): Promise<Refusal[]> {
    const run = await findRun(tx, runId);
    if (!run) throw new Error(`no run ${runId}`);
    const facts = await this.#facts.read(tx, run);
    // Items of targets that were disabled before are canceled and not asked for.
    const startable = targetIdsOf(facts, ['queued', 'running']);
    return claimRefusals({
      ...gateFacts(facts),
      targets: facts.targets.filter(target => startable.has(target.id)),
      executingPerson: run.executedBy
        ? facts.users.get(run.executedBy)
        : undefined,
    });
  }
}
