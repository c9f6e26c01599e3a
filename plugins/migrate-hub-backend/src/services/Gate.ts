import { ItemStatus } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import {
  claimRefusals,
  executeRefusals,
  resumeRefusals,
  retryRefusals,
} from '../domain/gate';
import { Refusal } from '../domain/refusal';
import { nextOpening } from '../domain/windows';
import { Caller } from './context';
import { gateFacts, RunFacts, RunFactsReader } from './RunFacts';

const targetIdsOf = (facts: RunFacts, statuses: ItemStatus[]) =>
  new Set(
    facts.items
      .filter(item => statuses.includes(item.status))
      .map(item => item.targetId),
  );

/**
 * When a run starts that is executed now: at the time that is asked for, or as
 * soon as what was approved allows; undefined for at once.
 */
export function startOf(
  { revision, now }: Pick<RunFacts, 'revision' | 'now'>,
  at: Date | undefined,
): Date | undefined {
  const notBefore = revision.binding.schedule?.notBefore;
  if (at || notBefore === undefined) return at;
  const first = new Date(notBefore);
  return first > now ? first : undefined;
}

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
    ask: { caller: Caller; skipDisabledTargets: boolean; at?: Date },
  ): Refusal[] {
    return executeRefusals({
      ...gateFacts(facts),
      ...principal(ask.caller),
      skipDisabledTargets: ask.skipDisabledTargets,
      startAt: startOf(facts, ask.at),
    });
  }

  /** The first moment from now on at which windows, freezes and what was approved let a run start. */
  opensAt(facts: RunFacts): Date | undefined {
    const { glassBroken, policy, now } = facts;
    const from = startOf(facts, undefined) ?? now;
    return glassBroken ? from : nextOpening(policy, from);
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

  /** Why this caller may not let an unfinished item go on now; empty if he may. */
  resumeBlockers(
    facts: RunFacts,
    ask: { caller: Caller; targetId: string },
  ): Refusal[] {
    return resumeRefusals({
      ...gateFacts(facts),
      ...principal(ask.caller),
      targets: facts.targets.filter(target => target.id === ask.targetId),
    });
  }

  /**
   * Why items of a run may not start now, in the order of their targets; no
   * blockers where they may.
   *
   * @remarks
   * Looks at these targets alone: a run can have thousands, and each of its
   * items asks.
   */
  async claimBlockers(
    knex: Knex,
    ask: { runId: string; targetIds: string[] },
  ): Promise<{ blockers: Refusal[][]; canceled: boolean }> {
    const { run, factsFor } = await this.#facts.readForTargets(knex, ask);
    const blockers = ask.targetIds.map(targetId => {
      const facts = factsFor(targetId);
      return claimRefusals({
        ...gateFacts(facts),
        executingPerson: run.executedBy
          ? facts.users.get(run.executedBy)
          : undefined,
      });
    });
    return { blockers, canceled: run.cancelRequestedAt !== undefined };
  }
}
