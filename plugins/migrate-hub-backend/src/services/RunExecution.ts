import {
  Run,
  executeRequestSchema,
  reasonRequestSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { z } from 'zod';
import { isRefusal, Refusal } from '../domain/refusal';
import { mayCancel, mayRetry } from '../domain/runStates';
import {
  appendAuditEvent,
  appendAuditEvents,
  NewAuditEvent,
} from '../store/audit';
import { CANCEL, CHANNELS, notify } from '../store/Listener';
import { cancelQueuedItems } from '../store/runItems';
import { openRunOnTargets, reopenItems } from '../store/openItems';
import { updateRun } from '../store/runs';
import { Commands } from './Commands';
import { CommandContext } from './context';
import { recomputeEnvironmentState } from './environmentStates';
import { Gate, principal, startOf } from './Gate';
import { refuse } from './refuse';
import { handToExecutors, lockForCommand, runAudit } from './runCommands';
import { RunFacts, RunFactsReader } from './RunFacts';
import { RunQueries } from './RunQueries';
import { RunLapses } from './RunLapses';
import { settleRun } from './runSettlement';
import { HubError } from '../errors';

interface Options {
  commands: Commands;
  facts: RunFactsReader;
  gate: Gate;
  queries: RunQueries;
  lapses: RunLapses;
}

const MOST_DAYS_AHEAD = 366;

/** Execute, cancel, retry: what sets the executors in motion or stops them. */
export class RunExecution {
  readonly #options: Options;

  private constructor(options: Options) {
    this.#options = options;
  }

  static create(options: Options): RunExecution {
    return new RunExecution(options);
  }

  /**
   * Passes the gate and hands the items to the executors, to start at once or
   * at a time. A closed gate is recorded.
   */
  async execute(
    context: CommandContext,
    runId: string,
    input: Omit<z.output<typeof executeRequestSchema>, 'breakGlass'>,
  ): Promise<Run> {
    const skipDisabledTargets = input.skipDisabledTargets ?? false;
    const at = input.at === undefined ? undefined : new Date(input.at);
    return this.#gated(context, runId, {
      blockers: facts => {
        assertAhead(at, facts.now);
        return this.#options.gate.executeBlockers(facts, {
          caller: context.caller,
          skipDisabledTargets,
          at,
        });
      },
      start: async (tx, facts) => {
        const scheduledFor = startOf(facts, at);
        const skippedTargets = await handToExecutors(tx, facts, {
          event: 'execute',
          executedBy: context.caller.user.id,
          scheduledFor,
        });
        return {
          action: 'run.execution_requested',
          payload: {
            revision: facts.run.revision,
            digest: facts.revision.digest,
            skippedTargets,
            scheduledFor: scheduledFor?.toISOString(),
            breakGlass: facts.glassBroken || undefined,
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
        const items = mayRetry(facts.items);
        if (isRefusal(items)) throw new Error('the gate let it through');
        await this.#assertFree(tx, facts, items.itemIds);
        await reopenItems(tx, items.itemIds);
        await handToExecutors(
          tx,
          // Disabled targets close this gate: there is none to leave out.
          { run: facts.run, targets: [] },
          { event: 'retry', executedBy: context.caller.user.id },
        );
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
      const run = await lockForCommand(tx, { migrationId, id: runId });
      refuse(mayCancel({ ...principal(context.caller), run }));
      await updateRun(tx, runId, { cancelRequested: true });
      const canceled = await cancelQueuedItems(tx, {
        runId,
        reason: 'Canceled before it started.',
      });
      await appendAuditEvent(tx, {
        ...runAudit(context, run),
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
      await notify(tx, CHANNELS.work, CANCEL);
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
      const run = await lockForCommand(tx, { migrationId, id: runId });
      const facts = await reader.read(tx, run);
      const blockers = way.blockers(facts);
      if (blockers.length > 0) {
        // The refusal commits its own record, then it is thrown.
        await appendAuditEvent(tx, {
          ...runAudit(context, run),
          action: 'execution.blocked',
          payload: {
            status: run.status,
            reasons: blockers.map(({ code, message }) => ({ code, message })),
          },
        });
        await this.#options.lapses.lapse(tx, context, facts);
        return { blockers };
      }
      const event = await way.start(tx, facts);
      await appendAuditEvents(tx, [{ ...runAudit(context, run), ...event }], {
        at: facts.now,
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
}

/** @throws HubError `INVALID_INPUT` for a time that is over */
function assertAhead(at: Date | undefined, now: Date): void {
  if (!at) return;
  const days = (at.getTime() - now.getTime()) / 86_400_000;
  if (days > 0 && days <= MOST_DAYS_AHEAD) return;
  throw new HubError(
    'INVALID_INPUT',
    `at must be in the future, and within ${MOST_DAYS_AHEAD} days. Leave it out to start now.`,
    { details: { field: 'at', now: now.toISOString() } },
  );
}
