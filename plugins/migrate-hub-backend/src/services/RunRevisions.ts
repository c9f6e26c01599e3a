import {
  Engine,
  TransactionMode,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import {
  DbTargetRecord,
  MigrationRecord,
  RunRecord,
  VersionRecord,
} from '../domain/types';
import { HubError } from '../errors';
import {
  findMigration,
  findVersion,
  lockMigration,
  readSqlText,
} from '../store/migrations';
import { findPlanSummary, savePlan } from '../store/plans';
import {
  cancelQueuedItems,
  lockRunItems,
  setChecksumUp,
  setStatementsTotal,
} from '../store/runItems';
import { openRunsOfTarget } from '../store/openItems';
import { lockOpenRuns } from '../store/runs';
import { CommandContext } from './context';
import { recomputeEnvironmentState } from './environmentStates';
import { Drivers, driverFor, PlannedScript, planScript } from './planning';
import { reviseRun } from './reviseRun';
import { RunFactsReader } from './RunFacts';
import { settleRun } from './runSettlement';

/** Plans of an edited script, for each engine that an open run needs. */
export type PlansByEngine = ReadonlyMap<Engine, PlannedScript>;

const NOT_STARTED = ['awaiting_approval', 'approved'];

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
      await reviseRun(tx, this.#facts, context, {
        run,
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
      await reviseRun(tx, this.#facts, context, {
        run,
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
}
