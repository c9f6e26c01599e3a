import { mayDecide } from '../domain/approvals';
import { UserRecord } from '../domain/types';
import { Tx } from '../store/Database';
import { listActiveByRole } from '../store/audience';
import { findRun } from '../store/runs';
import { findUsers } from '../store/users';
import { decisionFacts, RunFactsReader } from './RunFacts';

const isReachable = (user: UserRecord): boolean =>
  user.kind === 'person' && !user.disabled;

/** Finds the people whom something about a run concerns. */
export class RunAudience {
  readonly #tx: Tx;
  readonly #facts: RunFactsReader;

  private constructor(tx: Tx, facts: RunFactsReader) {
    this.#tx = tx;
    this.#facts = facts;
  }

  static create(options: { knex: Tx; facts: RunFactsReader }): RunAudience {
    return new RunAudience(options.knex, options.facts);
  }

  /** Entity refs of whoever may approve the run now: nobody, if it does not wait any more. */
  async approvers(runId: string): Promise<string[]> {
    const run = await findRun(this.#tx, runId);
    if (run?.status !== 'awaiting_approval') return [];
    const facts = await this.#facts.read(this.#tx, run);
    const candidates = await listActiveByRole(
      this.#tx,
      facts.policy.approveRoles,
    );
    return candidates
      .filter(
        caller =>
          !mayDecide({ ...decisionFacts(facts), caller, decision: 'approve' }),
      )
      .map(user => user.entityRef);
  }

  /** Entity refs of who requested the run and who started it. */
  async participants(runId: string): Promise<string[]> {
    const run = await findRun(this.#tx, runId);
    if (!run) return [];
    const ids = [run.requestedBy, run.executedBy].filter(
      id => id !== undefined,
    );
    const users = await findUsers(this.#tx, ids);
    return [...users.values()].filter(isReachable).map(user => user.entityRef);
  }
}
