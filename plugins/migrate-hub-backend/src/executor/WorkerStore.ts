import { Knex } from 'knex';
import { DbTargetRecord, RunItemRecord } from '../domain/types';
import { Refusal } from '../domain/refusal';
import { findDbTargets } from '../store/dbTargets';
import { Fence, saveSessions } from '../store/runItemAttempts';
import { GateAnswer } from './askGate';
import { Batch } from './Batch';

/** The one gate, as the executor asks it. */
export interface ClaimGate {
  /** Blockers in the order of the targets. */
  claimBlockers(
    knex: Knex,
    ask: { runId: string; targetIds: string[] },
  ): Promise<{ blockers: Refusal[][]; canceled: boolean }>;
}

type Session = NonNullable<RunItemRecord['session']>;

/**
 * The metadata store as the workers of this replica see it. What several of
 * them ask at the same time is asked once for all of them: with many targets
 * the store has little more to do than with one.
 */
export class WorkerStore {
  readonly #targets: Batch<string, DbTargetRecord | undefined>;
  readonly #sessions: Batch<Fence & { session: Session }, boolean>;
  readonly #gate: Batch<
    { runId: string; targetId: string },
    GateAnswer | { failure: unknown }
  >;

  private constructor(knex: Knex, gate: ClaimGate) {
    this.#targets = Batch.create(async ids => {
      const found = await findDbTargets(knex, { ids });
      const byId = new Map(found.map(target => [target.id, target]));
      return ids.map(id => byId.get(id));
    });
    this.#sessions = Batch.create(async sessions => {
      const kept = await saveSessions(knex, sessions);
      return sessions.map(({ itemId }) => kept.has(itemId));
    });
    this.#gate = Batch.create(async asks => {
      const runIds = [...new Set(asks.map(({ runId }) => runId))];
      const answers = new Map<string, GateAnswer | { failure: unknown }>();
      for (const runId of runIds) {
        const targetIds = asks
          .filter(ask => ask.runId === runId)
          .map(({ targetId }) => targetId);
        // What fails for one run is not to fail for another.
        const said = await gate
          .claimBlockers(knex, { runId, targetIds })
          .catch((failure: unknown) => ({ failure }));
        for (const [n, targetId] of targetIds.entries()) {
          const answer =
            'failure' in said
              ? said
              : { blockers: said.blockers[n], canceled: said.canceled };
          answers.set(`${runId} ${targetId}`, answer);
        }
      }
      return asks.map(
        ({ runId, targetId }) =>
          answers.get(`${runId} ${targetId}`) ?? {
            failure: new Error(`the gate did not answer for ${targetId}`),
          },
      );
    });
  }

  static create(options: { knex: Knex; gate: ClaimGate }): WorkerStore {
    return new WorkerStore(options.knex, options.gate);
  }

  /** As it is now. */
  async target(id: string): Promise<DbTargetRecord | undefined> {
    return this.#targets.ask(id);
  }

  /** @returns false if the attempt is no longer the item's */
  async saveSession(fence: Fence, session: Session): Promise<boolean> {
    return this.#sessions.ask({ ...fence, session });
  }

  async gateAnswer(runId: string, targetId: string): Promise<GateAnswer> {
    const answer = await this.#gate.ask({ runId, targetId });
    if ('failure' in answer) throw answer.failure;
    return answer;
  }
}
