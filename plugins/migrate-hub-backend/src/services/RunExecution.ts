import {
  Run,
  executeRequestSchema,
  reasonRequestSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { z } from 'zod';
import { isRefusal, Refusal } from '../domain/refusal';
import { mayCancel, mayRetry, nextRunStatus } from '../domain/runStates';
import { RunRecord } from '../domain/types';
import { appendAuditEvent, NewAuditEvent } from '../store/audit';
import { lockMigration } from '../store/migrations';
import { CHANNELS, notify } from '../store/Listener';
import {
  cancelQueuedItems,
  lockRunItems,
  makeItemsClaimable,
} from '../store/runItems';
import { openRunOnTargets, reopenItems } from '../store/openItems';
import { lockRun, updateRun } from '../store/runs';
import { Commands } from './Commands';
import { CommandContext } from './context';
import { recomputeEnvironmentState } from './environmentStates';
import { Gate, principal } from './Gate';
import { refuse } from './refuse';
import { RunFacts, RunFactsReader } from './RunFacts';
import { RunQueries } from './RunQueries';
import { RunRevisions } from './RunRevisions';
import { settleRun } from './runSettlement';
import { HubError } from '../errors';

interface Options {
  commands: Commands;
  facts: RunFactsReader;
  gate: Gate;
  queries: RunQueries;
  revisions: RunRevisions;
}

/** Execute, cancel, retry: what sets the executors in motion or stops them. */
export class RunExecution {
  readonly #options: Options;

  private constructor(options: Options) {
    this.#options = options;
  }

  static create(options: Options): RunExecution {
    return new RunExecution(options);
  }

  /** Passes the gate and hands the items to the executors. A closed gate is recorded. */
  async execute(
    context: CommandContext,
    runId: string,
    input: z.output<typeof executeRequestSchema>,
  ): Promise<Run> {
    const skipDisabledTargets = input.skipDisabledTargets ?? false;
    return this.#gated(context, runId, {
      blockers: facts =>
        this.#options.gate.executeBlockers(facts, {
          caller: context.caller,
          skipDisabledTargets,
        }),
      start: async (tx, facts) => {
        const { run } = facts;
        const skipped = facts.targets.filter(
          target => target.disabled || target.parentDisabled,
        );
        if (skipped.length > 0) {
          await cancelQueuedItems(tx, {
            runId,
            targetIds: skipped.map(target => target.id),
            reason: 'The target is disabled; the rest was executed without it.',
          });
        }
        await makeItemsClaimable(tx, runId);
        await updateRun(tx, runId, {
          status: nextRunStatus(run.status, 'execute'),
          executedBy: context.caller.user.id,
          queued: true,
        });
        return {
          action: 'run.execution_requested',
          payload: {
            revision: run.revision,
            digest: facts.revision.digest,
            skippedTargets: skipped.map(target => target.id),
          },
        };
      },
    });
  }

  /** Queues the items again of which nothing is in the database, under the same approval. */
  async retry(
    context: CommandContext,
    runId: string,
    input: z.output<typeof reasonRequestSchema>,
  ): Promise<Run> {
    return this.#gated(context, runId, {
      blockers: facts =>
        this.#options.gate.retryBlockers(facts, { caller: context.caller }),
      start: async (tx, facts) => {
        const { run } = facts;
        const items = mayRetry(facts.items);
        if (isRefusal(items)) throw new Error('the gate let it through');
        await this.#assertFree(tx, facts, items.itemIds);
        await reopenItems(tx, items.itemIds);
        await makeItemsClaimable(tx, runId);
        await updateRun(tx, runId, {
          status: nextRunStatus(run.status, 'retry'),
          executedBy: context.caller.user.id,
          queued: true,
          finished: false,
          cancelRequested: false,
        });
        return {
          action: 'run.retried',
          payload: {
            items: items.itemIds,
            reason: input.reason,
            digest: facts.revision.digest,
          },
        };
      },
    });
  }

  /**
   * Cancels what nobody has claimed. Items at work are told to stop, and show
   * what really happened.
   */
  async cancel(
    context: CommandContext,
    runId: string,
    input: z.output<typeof reasonRequestSchema>,
  ): Promise<Run> {
    const { commands, facts, queries } = this.#options;
    const { migrationId } = await queries.found(commands.knex, runId);
    return commands.run(context, async tx => {
      const run = await this.#lock(tx, migrationId, runId);
      refuse(mayCancel({ ...principal(context.caller), run }));
      await updateRun(tx, runId, { cancelRequested: true });
      const canceled = await cancelQueuedItems(tx, {
        runId,
        reason: 'Canceled before it started.',
      });
      await appendAuditEvent(tx, {
        ...this.#audit(context, run),
        action: 'run.cancel_requested',
        payload: {
          status: run.status,
          canceledItems: canceled.length,
          reason: input.reason,
        },
      });
      await settleRun(tx, facts, {
        run,
        actorId: context.caller.user.id,
        requestId: context.requestId,
      });
      await notify(tx, CHANNELS.work);
      return queries.view(tx, context, runId);
    });
  }

  async #gated(
    context: CommandContext,
    runId: string,
    way: {
      blockers: (facts: RunFacts) => Refusal[];
      start: (
        tx: Knex.Transaction,
        facts: RunFacts,
      ) => Promise<Pick<NewAuditEvent, 'action' | 'payload'>>;
    },
  ): Promise<Run> {
    const { commands, facts: reader, queries } = this.#options;
    const { migrationId } = await queries.found(commands.knex, runId);
    const result = await commands.run(context, async tx => {
      const run = await this.#lock(tx, migrationId, runId);
      const facts = await reader.read(tx, run);
      const blockers = way.blockers(facts);
      if (blockers.length > 0) {
        // The refusal commits its own record, then it is thrown.
        await appendAuditEvent(tx, {
          ...this.#audit(context, run),
          action: 'execution.blocked',
          payload: {
            status: run.status,
            reasons: blockers.map(({ code, message }) => ({ code, message })),
          },
        });
        await this.#options.revisions.lapse(tx, context, facts);
        return { blockers };
      }
      await appendAuditEvent(tx, {
        ...this.#audit(context, run),
        ...(await way.start(tx, facts)),
      });
      await recomputeEnvironmentState(tx, reader, run);
      await notify(tx, CHANNELS.work);
      return { blockers };
    });
    const [first] = result.blockers;
    // Executors wake when the transaction commits: what the caller sees is read after that.
    if (!first) return queries.view(commands.knex, context, runId);
    throw new HubError(first.code, first.message, {
      details: {
        ...first.details,
        who: first.who,
        blockers: result.blockers.map(({ code, message }) => ({
          code,
          message,
        })),
      },
    });
  }

  async #lock(
    tx: Knex.Transaction,
    migrationId: string,
    runId: string,
  ): Promise<RunRecord> {
    await lockMigration(tx, migrationId);
    const run = await lockRun(tx, runId);
    if (!run) throw new Error(`no run ${runId}`);
    await lockRunItems(tx, runId);
    return run;
  }

  /** Another run may have taken a target since this one failed. */
  async #assertFree(
    tx: Knex.Transaction,
    facts: RunFacts,
    itemIds: string[],
  ): Promise<void> {
    const open = await openRunOnTargets(tx, {
      migrationId: facts.migration.id,
      targetIds: facts.items
        .filter(item => itemIds.includes(item.id))
        .map(item => item.targetId),
    });
    if (!open) return;
    throw new HubError(
      'OPEN_RUN',
      `Another run of '${facts.migration.key}' is open (${open.status}) on a target that this one would retry. Let it end or cancel it.`,
      { details: { run: open.runId } },
    );
  }

  #audit(context: CommandContext, run: RunRecord) {
    return {
      actorId: context.caller.user.id,
      entityType: 'run' as const,
      entityId: run.id,
      migrationId: run.migrationId,
      runId: run.id,
      environment: run.environment,
      requestId: context.requestId,
    };
  }
}
