import { Knex } from 'knex';
import { ApprovalJudgement, hasQuorum } from '../domain/approvals';
import { nextRunStatus } from '../domain/runStates';
import { RunRecord } from '../domain/types';
import { runsAwaitingWithApprovalsBy } from '../store/approvals';
import { appendAuditEvent } from '../store/audit';
import { lockMigration } from '../store/migrations';
import { lockRunItems, withdrawItems } from '../store/runItems';
import { findRun, lockRun, updateRun } from '../store/runs';
import { recomputeEnvironmentState } from './environmentStates';
import { auditOf, reviseRun, SystemContext } from './reviseRun';
import { RunFacts, RunFactsReader } from './RunFacts';

function lapseCause({ expired, compromised }: ApprovalJudgement): string {
  if (compromised) return 'the key that signed the approval was compromised';
  return expired ? 'the approval expired' : 'the approvals no longer suffice';
}

/** Whether a run has to go back to approval, by what its approvals come to now. */
function hasLapsed(run: RunRecord, judgement: ApprovalJudgement): boolean {
  const unstarted =
    run.status === 'approved' || (run.status === 'queued' && !run.startedAt);
  if (unstarted && !hasQuorum(judgement)) return true;
  // Whoever gave the approval that is lost could not give it again.
  return run.status === 'awaiting_approval' && judgement.compromised;
}

/** Takes an approval away from runs where it no longer suffices. */
export class RunLapses {
  readonly #knex: Knex;
  readonly #facts: RunFactsReader;

  private constructor(options: { knex: Knex; facts: RunFactsReader }) {
    this.#knex = options.knex;
    this.#facts = options.facts;
  }

  static create(options: { knex: Knex; facts: RunFactsReader }): RunLapses {
    return new RunLapses(options);
  }

  /**
   * Sends an approved run back to approval if its approvals no longer suffice:
   * somebody was disabled or demoted, the policy got stricter, they expired.
   * So does one that is queued and of which nothing was ever claimed.
   * Call it under the locks of migration and run.
   *
   * @returns whether the run went back
   */
  async lapse(
    tx: Knex.Transaction,
    context: SystemContext,
    facts: RunFacts,
  ): Promise<boolean> {
    const { run, judgement, revision, migration } = facts;
    const { expired, compromised } = judgement;
    if (!hasLapsed(run, judgement)) return false;
    if (run.status === 'queued') {
      await withdrawItems(tx, run.id);
      await updateRun(tx, run.id, { scheduledFor: null, wake: true });
    }
    const cause = lapseCause(judgement);
    if (expired || compromised) {
      // The same people may approve again: for that it has to be a new revision.
      await reviseRun(tx, this.#facts, context, {
        run,
        migration,
        version: revision.version,
        planHash: revision.planHash,
        checksum: revision.checksum,
        mode: revision.binding.mode,
        cause,
      });
      await updateRun(tx, run.id, { reapproval: true });
    } else {
      await updateRun(tx, run.id, {
        status: nextRunStatus(run.status, 'lapse'),
        reapproval: true,
      });
    }
    await appendAuditEvent(tx, {
      ...auditOf(run, context),
      action: 'approval.invalidated',
      payload: {
        cause,
        granted: judgement.granted,
        required: judgement.required,
        approvals: judgement.judged
          .filter(one => one.approval.revision === run.revision && !one.counts)
          .map(one => one.approval.id),
      },
    });
    await recomputeEnvironmentState(tx, this.#facts, run);
    return true;
  }

  /**
   * Looks at every run that may have lost its approval, as a scheduled task, or
   * at those of one environment; and at those that wait with an approval by a
   * key that was compromised.
   */
  async lapseAll(at: { environment?: string } = {}): Promise<void> {
    const query = this.#knex('runs')
      .whereIn('status', ['approved', 'queued'])
      .whereNull('started_at');
    if (at.environment) query.where({ environment: at.environment });
    const unstarted = await query.select('id', 'migration_id');
    const keyIds = this.#facts.compromisedKeyIds;
    const waiting = await runsAwaitingWithApprovalsBy(this.#knex, keyIds);
    for (const { id, migration_id } of [...unstarted, ...waiting]) {
      if (!(await this.#wouldLapse(id))) continue;
      await this.#knex.transaction(async tx => {
        await lockMigration(tx, migration_id);
        const run = await lockRun(tx, id);
        if (!run) return;
        await lockRunItems(tx, id);
        await this.lapse(tx, {}, await this.#facts.read(tx, run));
      });
    }
  }

  /** Without locks and without targets: hundreds of runs wait soundly for their day. */
  async #wouldLapse(id: string): Promise<boolean> {
    const run = await findRun(this.#knex, id);
    if (!run) return false;
    const { judgement } = await this.#facts.readForClaim(this.#knex, run, {
      promotion: 'skip',
    });
    return hasLapsed(run, judgement);
  }
}
