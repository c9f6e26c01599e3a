import {
  Engine,
  TransactionMode,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { BINDING_SCHEME, buildBinding, digestOf } from '../domain/binding';
import {
  DbTargetRecord,
  MigrationRecord,
  RevisionRecord,
  RunRecord,
  VersionRecord,
} from '../domain/types';
import { ApprovalJudgement, hasQuorum } from '../domain/approvals';
import { nextRunStatus } from '../domain/runStates';
import { HubError } from '../errors';
import { appendAuditEvent } from '../store/audit';
import { runsAwaitingWithApprovalsBy } from '../store/approvals';
import { findDbTargets } from '../store/dbTargets';
import {
  findMigration,
  findVersion,
  lockMigration,
  readSqlText,
} from '../store/migrations';
import { findPlanSummary, savePlan } from '../store/plans';
import {
  cancelQueuedItems,
  itemsOfRun,
  lockRunItems,
  setChecksumUp,
  setStatementsTotal,
  withdrawItems,
} from '../store/runItems';
import {
  findRun,
  insertRevision,
  lockOpenRuns,
  lockRun,
  openRunsOfTarget,
  updateRun,
} from '../store/runs';
import { CommandContext } from './context';
import { recomputeEnvironmentState } from './environmentStates';
import { Drivers, driverFor, PlannedScript, planScript } from './planning';
import { RunFacts, RunFactsReader } from './RunFacts';
import { settleRun } from './runSettlement';

/** Plans of an edited script, for each engine that an open run needs. */
export type PlansByEngine = ReadonlyMap<Engine, PlannedScript>;

/** Without a caller it is the hub that acts. */
type SystemContext = Partial<Pick<CommandContext, 'caller' | 'requestId'>>;

const NOT_STARTED = ['awaiting_approval', 'approved'];

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

const auditOf = (run: RunRecord, context: SystemContext) => ({
  actorId: context.caller?.user.id,
  entityType: 'run' as const,
  entityId: run.id,
  migrationId: run.migrationId,
  runId: run.id,
  environment: run.environment,
  requestId: context.requestId,
});

/**
 * Keeps open runs true to what they bind: when something that a digest covers
 * changes, the run gets a new revision and waits for approval again.
 */
export class RunRevisions {
  readonly #knex: Knex;
  readonly #drivers: Drivers;
  readonly #facts: RunFactsReader;

  private constructor(options: {
    knex: Knex;
    drivers: Drivers;
    facts: RunFactsReader;
  }) {
    this.#knex = options.knex;
    this.#drivers = options.drivers;
    this.#facts = options.facts;
  }

  static create(options: {
    knex: Knex;
    drivers: Drivers;
    facts: RunFactsReader;
  }): RunRevisions {
    return new RunRevisions(options);
  }

  /**
   * Cuts an edited script for every engine, before the edit takes its locks.
   *
   * @throws HubError `SQL_REFUSED` if a run that is open could not run it.
   */
  async planForOpenRuns(
    migrationId: string,
    edit: { sqlUp?: string; transactionMode?: TransactionMode },
  ): Promise<PlansByEngine> {
    const plans = new Map<Engine, PlannedScript>();
    if (edit.sqlUp === undefined && edit.transactionMode === undefined) {
      return plans;
    }
    const migration = await findMigration(this.#knex, migrationId);
    if (!migration) return plans;
    const version = await findVersion(
      this.#knex,
      migrationId,
      migration.version,
    );
    const engines: Engine[] = await this.#knex('runs')
      .where({ migration_id: migrationId, type: 'apply' })
      .whereIn('status', NOT_STARTED)
      .distinct()
      .pluck('engine');
    if (!version || engines.length === 0) return plans;
    const sql =
      edit.sqlUp ?? (await readSqlText(this.#knex, version.checksumUp));
    // As at the request: a script may not touch the record of any target it runs on.
    const historyTables: string[] = await this.#knex('run_items as i')
      .join('db_targets as t', 't.id', 'i.target_id')
      .where({ 'i.migration_id': migrationId, 'i.open': true })
      .distinct()
      .pluck('t.history_table');
    for (const engine of engines) {
      plans.set(
        engine,
        await planScript(driverFor(this.#drivers, engine), {
          name: `An open run of '${migration.key}' could not execute this: the new SQL`,
          sql,
          mode: edit.transactionMode ?? version.transactionMode,
          historyTables,
        }),
      );
    }
    return plans;
  }

  /** After a new version was written: each open apply run that has not started follows it. */
  async onSqlChanged(
    tx: Knex.Transaction,
    context: CommandContext,
    change: {
      migration: MigrationRecord;
      version: VersionRecord;
      plans: PlansByEngine;
    },
  ): Promise<void> {
    const { migration, version, plans } = change;
    const open = await lockOpenRuns(tx, migration.id);
    for (const run of open) {
      if (run.type !== 'apply' || !NOT_STARTED.includes(run.status)) continue;
      const planned = plans.get(run.engine);
      if (!planned) {
        throw new HubError(
          'STALE_REVISION',
          'A run of this migration was requested while you saved. Save again.',
        );
      }
      const plan = await savePlan(tx, planned.plan, planned.problems);
      await setStatementsTotal(tx, run.id, plan.statementCount);
      await setChecksumUp(tx, run.id, version.checksumUp);
      await this.#revise(tx, context, run, {
        migration,
        version: version.version,
        planHash: plan.hash,
        checksum: version.checksumUp,
        mode: plan.mode,
        cause: `SQL changed to version ${version.version}`,
      });
    }
    const environments = new Set(open.map(run => run.environment));
    const states = await tx('environment_states')
      .where({ migration_id: migration.id })
      .pluck('environment');
    for (const environment of new Set([...environments, ...states])) {
      await recomputeEnvironmentState(tx, this.#facts, {
        migrationId: migration.id,
        environment,
      });
    }
  }

  /**
   * After an address field of a target changed.
   *
   * @throws HubError `TARGET_IN_USE` if a run on it is queued or running.
   */
  async onTargetChanged(
    tx: Knex.Transaction,
    context: CommandContext,
    target: DbTargetRecord,
  ): Promise<void> {
    for (const run of await this.#lockRunsOf(tx, [target.id])) {
      if (!NOT_STARTED.includes(run.status)) {
        throw new HubError(
          'TARGET_IN_USE',
          `Run ${run.id} is ${run.status} on '${target.name}': its address cannot change until that run has ended. A new password alone is fine.`,
          { details: { run: run.id } },
        );
      }
      const { migration, revision } = await this.#facts.read(tx, run);
      const plan = await findPlanSummary(tx, revision.planHash);
      await this.#revise(tx, context, run, {
        migration,
        version: revision.version,
        planHash: revision.planHash,
        checksum: revision.checksum,
        mode: plan.mode,
        cause: `target '${target.name}' was changed`,
      });
      await recomputeEnvironmentState(tx, this.#facts, run);
    }
  }

  /**
   * After targets (or their set or project) were disabled: what has not been
   * claimed is canceled, what runs finishes.
   */
  async onTargetsDisabled(
    tx: Knex.Transaction,
    context: CommandContext,
    targetIds: string[],
  ): Promise<void> {
    for (const run of await this.#lockRunsOf(tx, targetIds)) {
      if (NOT_STARTED.includes(run.status)) continue;
      await lockRunItems(tx, run.id);
      await cancelQueuedItems(tx, {
        runId: run.id,
        targetIds,
        reason: 'The target was disabled before the run reached it.',
      });
      await settleRun(tx, this.#facts, { run, requestId: context.requestId });
    }
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
      await this.#revise(tx, context, run, {
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

  /** @throws HubError `OPEN_RUN`: what is archived can have no open run. */
  async assertNoOpenRun(
    tx: Knex.Transaction,
    migration: MigrationRecord,
    archived: boolean,
  ): Promise<void> {
    if (!archived) return;
    const [run] = await lockOpenRuns(tx, migration.id);
    if (!run) return;
    throw new HubError(
      'OPEN_RUN',
      `'${migration.key}' has an open run in ${run.environment} (${run.status}). Cancel it or let it end, then archive.`,
      { details: { run: run.id } },
    );
  }

  /** Locks in the order of every command: migrations, then runs. */
  async #lockRunsOf(
    tx: Knex.Transaction,
    targetIds: string[],
  ): Promise<RunRecord[]> {
    const found = await openRunsOfTarget(tx, targetIds);
    const migrations = [...new Set(found.map(run => run.migrationId))].sort();
    const locked: RunRecord[] = [];
    const wanted = new Set(found.map(run => run.id));
    for (const migrationId of migrations) {
      await lockMigration(tx, migrationId);
      const open = await lockOpenRuns(tx, migrationId);
      locked.push(...open.filter(run => wanted.has(run.id)));
    }
    return locked;
  }

  async #revise(
    tx: Knex.Transaction,
    context: SystemContext,
    run: RunRecord,
    next: Pick<
      RevisionRecord,
      'version' | 'planHash' | 'checksum' | 'cause'
    > & {
      migration: MigrationRecord;
      mode: 'single_transaction' | 'stepwise';
    },
  ): Promise<void> {
    const before = await this.#facts.read(tx, run);
    const items = await itemsOfRun(tx, run.id);
    const targets = await findDbTargets(tx, {
      ids: items.map(item => item.targetId),
    });
    const revision = run.revision + 1;
    const binding = buildBinding({
      runId: run.id,
      type: run.type,
      environment: run.environment,
      revision,
      migrationKey: next.migration.key,
      version: next.version,
      planHash: next.planHash,
      checksum: next.checksum,
      mode: next.mode,
      policy: before.revision.policy,
      notBefore: before.revision.binding.schedule?.notBefore,
      targets,
    });
    const digest = digestOf(binding);
    const userId = context.caller?.user.id;
    await insertRevision(tx, {
      runId: run.id,
      revision,
      migrationId: run.migrationId,
      version: next.version,
      planHash: next.planHash,
      checksum: next.checksum,
      policy: before.revision.policy,
      binding,
      digest,
      cause: next.cause,
      createdBy: userId,
    });
    const voided = before.judgement.judged.filter(
      one => one.counts && one.approval.decision === 'approve',
    );
    await updateRun(tx, run.id, {
      revision,
      status: 'awaiting_approval',
      reapproval: run.reapproval || voided.length > 0,
      needs: [BINDING_SCHEME],
    });
    const audit = auditOf(run, context);
    await appendAuditEvent(tx, {
      ...audit,
      action: 'run.revised',
      payload: {
        revision,
        cause: next.cause,
        digest,
        before: { revision: run.revision, digest: before.revision.digest },
      },
    });
    if (voided.length > 0) {
      await appendAuditEvent(tx, {
        ...audit,
        action: 'approval.invalidated',
        payload: {
          cause: next.cause,
          approvals: voided.map(one => one.approval.id),
          revision,
        },
      });
    }
  }
}
