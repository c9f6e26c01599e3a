import {
  ErrorCode,
  resolutionRequestSchema,
  RunItem,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import {
  LedgerRow,
  Plan,
  TargetRecord,
  TargetSession,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { Knex } from 'knex';
import { z } from 'zod';
import { isRefusal } from '../domain/refusal';
import {
  resolutionRefusal,
  ResolutionStep,
  resolveOnRecord,
  resolverRefusal,
} from '../domain/resolution';
import { nextRunStatus } from '../domain/runStates';
import { DbTargetRecord, Evidence, RunItemRecord } from '../domain/types';
import { HubError } from '../errors';
import { appendAuditEvent } from '../store/audit';
import { CHANNELS, notify } from '../store/Listener';
import { lockMigration } from '../store/migrations';
import { openRunOnTargets } from '../store/openItems';
import { readPlan } from '../store/plans';
import { markItem, resumeItem } from '../store/runItemResolutions';
import { findRunItem, lockRunItems } from '../store/runItems';
import { lockRun, updateRun } from '../store/runs';
import { Commands } from './Commands';
import { ConnectionTests } from './ConnectionTests';
import { CommandContext } from './context';
import { recomputeEnvironmentState } from './environmentStates';
import { Gate } from './Gate';
import { driverFor, Drivers } from './planning';
import { refuse } from './refuse';
import { RunFacts, RunFactsReader } from './RunFacts';
import { RunQueries } from './RunQueries';
import { settleRun } from './runSettlement';
import { runItemView } from './runViews';
import { underTargetLock } from './TargetRecords';

type Input = z.output<typeof resolutionRequestSchema>;

interface Options {
  commands: Commands;
  facts: RunFactsReader;
  gate: Pick<Gate, 'resumeBlockers'>;
  queries: RunQueries;
  drivers: Drivers;
  connections: Pick<ConnectionTests, 'connectionOf'>;
}

/** Why a target cannot be asked: also where its address was changed and the password not typed again. */
const GONE: ErrorCode[] = ['TARGET_UNREACHABLE', 'PASSWORD_REQUIRED'];

/** An item to be resolved, with all that is asked about it. */
interface Case {
  item: RunItemRecord;
  facts: RunFacts;
  target: DbTargetRecord;
  plan: Plan;
}

/** What was done in the target, and how that is known. */
interface Finding {
  step: ResolutionStep;
  evidence: Evidence[];
}

const evidence = (check: string, result: string): Evidence => ({
  check,
  result,
  at: new Date().toISOString(),
});

/**
 * What a person says about an item whose outcome is unclear, made true in the
 * target first and in the hub then.
 *
 * @remarks
 * Not one transaction, and it need not be: in the target a resolution is one,
 * and saying the same again finds it done.
 */
export class RunItemResolution {
  readonly #options: Options;

  private constructor(options: Options) {
    this.#options = options;
  }

  static create(options: Options): RunItemResolution {
    return new RunItemResolution(options);
  }

  /**
   * @throws HubError `NOTHING_TO_RESOLVE`, `RESOLUTION_REFUSED` where the record
   * in the target says otherwise, `TARGET_UNREACHABLE`
   */
  async resolve(
    context: CommandContext,
    itemId: string,
    input: Input,
  ): Promise<RunItem> {
    const { commands } = this.#options;
    const found = await this.#read(commands.knex, itemId);
    this.#check(context, found, input);
    const finding = await this.#inTarget(context, found, input);
    return commands.run(context, async tx => {
      const { run } = found.facts;
      await lockMigration(tx, run.migrationId);
      await lockRun(tx, run.id);
      await lockRunItems(tx, run.id);
      const now = await this.#read(tx, itemId);
      this.#check(context, now, input);
      if (finding.step.do === 'resume') {
        await this.#resume(tx, context, now, finding);
      } else {
        await this.#mark(tx, now, input, finding);
      }
      await this.#record(tx, context, now, input, finding);
      const { item, target } = await this.#read(tx, itemId);
      return runItemView(item, { target, type: run.type });
    });
  }

  async #read(tx: Knex, itemId: string): Promise<Case> {
    const { facts: reader, queries } = this.#options;
    const item = await findRunItem(tx, itemId);
    if (!item) {
      throw new HubError(
        'NOT_FOUND',
        `There is no run item with id ${itemId}.`,
      );
    }
    const facts = await reader.read(tx, await queries.found(tx, item.runId));
    const target = facts.targets.find(({ id }) => id === item.targetId);
    if (!target) throw new Error(`no target ${item.targetId}`);
    return {
      item,
      facts,
      target,
      plan: await readPlan(tx, facts.revision.planHash),
    };
  }

  #check(
    { caller }: CommandContext,
    { item, facts }: Case,
    { resolution }: Input,
  ): void {
    const { run, policy } = facts;
    refuse(
      resolverRefusal(caller, {
        environment: run.environment,
        resolveRoles: policy.resolveRoles,
      }),
    );
    refuse(resolutionRefusal(item, { type: run.type, resolution }));
    if (resolution !== 'resume') return;
    const [blocker] = this.#options.gate.resumeBlockers(facts, {
      caller,
      targetId: item.targetId,
    });
    refuse(blocker);
  }

  async #inTarget(
    context: CommandContext,
    found: Case,
    input: Input,
  ): Promise<Finding> {
    const { item, facts, target } = found;
    const { revision, run, policy } = facts;
    const { drivers, connections } = this.#options;
    const bound = revision.binding.targets.find(({ id }) => id === target.id);
    try {
      return await underTargetLock(
        {
          driver: driverFor(drivers, run.engine),
          connection: await connections.connectionOf(target),
          serverIdentity: bound?.serverIdentity ?? '',
          item,
          statementTimeoutMs: policy.statementTimeoutSeconds * 1000,
        },
        session => this.#settleRecord(session, context, found, input),
      );
    } catch (error) {
      const gone =
        error instanceof HubError &&
        GONE.includes(error.code) &&
        target.disabled &&
        input.resolution !== 'resume';
      if (!gone) throw error;
      return {
        step: { do: 'nothing' },
        evidence: [
          evidence('Record in the target', `not verified: ${error.message}`),
        ],
      };
    }
  }

  /** Under the lock of the target: reads, decides, writes in one transaction. */
  async #settleRecord(
    session: TargetSession,
    context: CommandContext,
    found: Case,
    input: Input,
  ): Promise<Finding> {
    const { item, facts, plan } = found;
    const { run, migration, revision } = facts;
    const record = await session.readRecord({
      migrationKey: migration.key,
      runItemId: item.id,
      direction: run.type === 'apply' ? 'up' : 'down',
    });
    const step = resolveOnRecord({
      ...input,
      record,
      runItemId: item.id,
      planHash: revision.planHash,
      acceptsVersion: item.error?.code === 'CHECKSUM_MISMATCH',
      statements: plan.statements,
    });
    if (isRefusal(step)) {
      refuse(step);
      throw new Error('a refusal is thrown');
    }
    if (step.do === 'write') {
      await this.#write(session, context, found, { state: step.state, record });
    }
    return { step, evidence: [evidence('Ledger in the target', said(record))] };
  }

  async #write(
    session: TargetSession,
    { caller }: CommandContext,
    { item, facts, plan }: Case,
    mark: { state: 'finished' | 'not_applied'; record: TargetRecord },
  ): Promise<void> {
    const { run, migration, version, revision } = facts;
    const { history, own } = mark.record;
    const migrationKey = migration.key;
    const done = mark.state === 'finished';
    const row: LedgerRow = {
      runItemId: item.id,
      direction: run.type === 'apply' ? 'up' : 'down',
      migrationKey,
      runId: run.id,
      planHash: revision.planHash,
      attempt: Math.max(own?.attempt ?? 0, item.attempt) + 1,
      position: done ? plan.statements.length : 0,
      state: mark.state,
      serverId: session.identity.id,
    };
    const isThere = history?.checksumUp === version.checksumUp;
    const replaces = done && history && (run.type === 'rollback' || !isThere);
    const inserts = done && run.type === 'apply' && !isThere;
    await session.begin();
    await session.writeRecord(row, {
      remove: replaces ? history : undefined,
      insert: inserts
        ? {
            migrationKey,
            checksumUp: version.checksumUp,
            checksumDown: version.checksumDown,
            appliedBy: caller.user.email ?? caller.user.entityRef,
            toolRunId: run.id,
          }
        : undefined,
    });
    await session.commit();
  }

  async #mark(
    tx: Knex.Transaction,
    { item, plan, facts }: Case,
    { resolution }: Input,
    finding: Finding,
  ): Promise<void> {
    const applied = resolution === 'mark_applied';
    await markItem(tx, item.id, {
      status: applied ? 'executed' : 'failed',
      outcome: applied ? 'applied' : 'not_applied',
      statementsDone: applied ? plan.statements.length : 0,
      evidence: finding.evidence,
    });
    await settleRun(tx, this.#options.facts, { run: facts.run });
  }

  async #resume(
    tx: Knex.Transaction,
    { caller }: CommandContext,
    { item, facts }: Case,
    { step, evidence: tried }: Finding,
  ): Promise<void> {
    if (step.do !== 'resume') return;
    const { run, migration } = facts;
    const ended = run.status === 'failed';
    const open = await openRunOnTargets(tx, {
      migrationId: migration.id,
      targetIds: [item.targetId],
    });
    if (open && open.runId !== run.id) {
      throw new HubError(
        'OPEN_RUN',
        `Another run of '${migration.key}' is open (${open.status}) on this target. Let it end or cancel it.`,
        { details: { run: open.runId } },
      );
    }
    await resumeItem(tx, item, {
      instruction: step.instruction,
      evidence: tried,
    });
    if (ended) {
      await updateRun(tx, run.id, {
        status: nextRunStatus(run.status, 'resume'),
        executedBy: caller.user.id,
        queued: true,
        wake: true,
        finished: false,
        cancelRequested: false,
      });
    }
    await recomputeEnvironmentState(tx, this.#options.facts, run);
  }

  async #record(
    tx: Knex.Transaction,
    context: CommandContext,
    { item, facts, target }: Case,
    { resolution, doubtful, reason }: Input,
    finding: Finding,
  ): Promise<void> {
    const { run } = facts;
    await appendAuditEvent(tx, {
      actorId: context.caller.user.id,
      action: 'run_item.resolved',
      entityType: 'run_item',
      entityId: item.id,
      migrationId: run.migrationId,
      runId: run.id,
      environment: run.environment,
      requestId: context.requestId,
      payload: {
        target: target.id,
        type: run.type,
        resolution,
        doubtful,
        reason,
        before: { outcome: item.outcome, code: item.error?.code },
        statementIndex: item.error?.statementIndex,
        evidence: finding.evidence.map(one => `${one.check}: ${one.result}`),
      },
    });
    await notify(tx, CHANNELS.changes, run.id);
    await notify(tx, CHANNELS.work);
  }
}

function said({ own, history }: TargetRecord): string {
  const row = own
    ? `${own.state} at statement ${own.position + 1}, attempt ${own.attempt}`
    : 'no row of this run item';
  return `${row}; ${history ? 'a history row is there' : 'no history row'}`;
}
