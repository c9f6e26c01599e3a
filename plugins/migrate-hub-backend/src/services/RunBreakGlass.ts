import {
  breakGlassConfirmationSchema,
  Run,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { z } from 'zod';
import { Signer } from '../crypto/Signer';
import { breakGlassRefusal, confirmGlassRefusal } from '../domain/breakGlass';
import { clockRefusal } from '../domain/gateChecks';
import { Refusal } from '../domain/refusal';
import { HubError } from '../errors';
import { appendAuditEvent } from '../store/audit';
import { CHANNELS, notify } from '../store/Listener';
import { updateRun } from '../store/runs';
import { confirmBreakGlass } from './breakGlassEvidence';
import { Commands } from './Commands';
import { CommandContext } from './context';
import { recomputeEnvironmentState } from './environmentStates';
import { Gate } from './Gate';
import { refuse } from './refuse';
import { handToExecutors, lockForCommand, runAudit } from './runCommands';
import { gateFacts, RunFacts, RunFactsReader } from './RunFacts';
import { RunQueries } from './RunQueries';

interface Options {
  commands: Commands;
  facts: RunFactsReader;
  gate: Gate;
  queries: RunQueries;
  signer: Signer;
}

/** Two admins let a run start in a freeze or outside the windows. */
export class RunBreakGlass {
  readonly #options: Options;

  private constructor(options: Options) {
    this.#options = options;
  }

  static create(options: Options): RunBreakGlass {
    return new RunBreakGlass(options);
  }

  /** The first admin asks, and says why; nothing starts yet. */
  async request(
    context: CommandContext,
    runId: string,
    { reason }: { reason: string },
  ): Promise<Run> {
    const { commands, facts: reader, queries } = this.#options;
    const { migrationId } = await queries.found(commands.knex, runId);
    return commands.run(context, async tx => {
      const run = await lockForCommand(tx, { migrationId, id: runId });
      const facts = await reader.read(tx, run);
      const clock = clockRefusal(gateFacts(facts), facts.now);
      refuse(breakGlassRefusal(context.caller, facts, clock));
      refuse(this.#otherBlocker(facts, context));
      const { revision, digest } = facts.revision;
      await updateRun(tx, runId, {
        breakGlass: {
          reason,
          revision,
          digest,
          requestedBy: context.caller.user.id,
          requestedAt: facts.now,
        },
      });
      await appendAuditEvent(tx, {
        ...runAudit(context, run),
        action: 'run.break_glass_requested',
        payload: { reason, revision, digest, closedBy: clock?.message },
      });
      await notify(tx, CHANNELS.changes, runId);
      return queries.view(tx, context, runId);
    });
  }

  /** The second admin confirms: it starts, in the name of the first. */
  async confirm(
    context: CommandContext,
    runId: string,
    input: z.output<typeof breakGlassConfirmationSchema>,
  ): Promise<Run> {
    const { commands, facts: reader, queries, signer } = this.#options;
    const { migrationId } = await queries.found(commands.knex, runId);
    await commands.run(context, async tx => {
      const run = await lockForCommand(tx, { migrationId, id: runId });
      const facts = await reader.read(tx, run);
      refuse(confirmGlassRefusal(context.caller, facts));
      const { breakGlass: asked } = run;
      const first = asked && facts.users.get(asked.requestedBy);
      if (!asked || !first) throw new Error('the rules let it through');
      if (input.digest !== facts.revision.digest) {
        throw new HubError(
          'STALE_DIGEST',
          'What this run binds has changed since it was shown to you. Look at it again, then decide.',
          { details: { digest: facts.revision.digest } },
        );
      }
      const byFirst = {
        ...context,
        caller: { ...context.caller, user: first },
      };
      refuse(this.#otherBlocker(facts, byFirst));
      const by = context.caller.user.id;
      const glass = confirmBreakGlass(signer, runId, asked, {
        by,
        at: facts.now,
      });
      await updateRun(tx, runId, { breakGlass: glass, wake: true });
      const payload = {
        reason: asked.reason,
        requestedBy: asked.requestedBy,
        revision: asked.revision,
        digest: asked.digest,
      };
      await appendAuditEvent(tx, {
        ...runAudit(context, run),
        action: 'run.break_glass_confirmed',
        payload,
      });
      if (run.status === 'approved') {
        const skippedTargets = await handToExecutors(tx, facts, {
          event: 'execute',
          executedBy: first.id,
        });
        await appendAuditEvent(tx, {
          ...runAudit(byFirst, run),
          action: 'run.execution_requested',
          payload: { ...payload, skippedTargets, breakGlass: true },
        });
      }
      await recomputeEnvironmentState(tx, reader, run);
      await notify(tx, CHANNELS.work);
    });
    // Executors wake when the transaction commits: what the caller sees is read after that.
    return queries.view(commands.knex, context, runId);
  }

  /** The glass opens the clock, and nothing else. */
  #otherBlocker(
    facts: RunFacts,
    { caller }: CommandContext,
  ): Refusal | undefined {
    if (facts.run.status !== 'approved') return undefined;
    const [refusal] = this.#options.gate.executeBlockers(
      { ...facts, glassBroken: true },
      { caller, skipDisabledTargets: false },
    );
    return refusal;
  }
}
