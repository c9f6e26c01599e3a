import {
  reasonRequestSchema,
  Run,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { z } from 'zod';
import { continueRefusal } from '../domain/continuation';
import { appendAuditEvent } from '../store/audit';
import { CHANNELS, notify } from '../store/Listener';
import { updateRun } from '../store/runs';
import { ClaimConditions } from './ClaimConditions';
import { Commands } from './Commands';
import { CommandContext } from './context';
import { principal } from './Gate';
import { refuse } from './refuse';
import { lockForCommand, runAudit } from './runCommands';
import { RunFactsReader } from './RunFacts';
import { RunQueries } from './RunQueries';

interface Options {
  commands: Commands;
  facts: RunFactsReader;
  queries: RunQueries;
}

/** A person lets a run go on that waits for one. */
export class RunContinuation {
  readonly #options: Options;
  readonly #conditions: ClaimConditions;

  private constructor(options: Options) {
    this.#options = options;
    this.#conditions = ClaimConditions.create(options.facts);
  }

  static create(options: Options): RunContinuation {
    return new RunContinuation(options);
  }

  /**
   * Lets the next wave start; or takes over a run whose executing person or
   * requester may not any more.
   *
   * @throws HubError `ROLE_REQUIRED`, `WRONG_STATE`, `NOT_WAITING`
   */
  async continue(
    context: CommandContext,
    runId: string,
    { reason }: z.output<typeof reasonRequestSchema>,
  ): Promise<Run> {
    const { commands, facts: reader, queries } = this.#options;
    const { migrationId } = await queries.found(commands.knex, runId);
    await commands.run(context, async tx => {
      const run = await lockForCommand(tx, { migrationId, id: runId });
      const facts = await reader.read(tx, run);
      const { hold, wave } = await this.#conditions.of(tx, facts);
      refuse(
        continueRefusal({
          ...principal(context.caller),
          run,
          hold,
          policy: facts.policy,
        }),
      );
      const adopts = hold?.kind === 'adoption';
      await updateRun(
        tx,
        runId,
        adopts
          ? { executedBy: context.caller.user.id, queued: true, wake: true }
          : { releasedWaves: wave?.number, wake: true },
      );
      await appendAuditEvent(tx, {
        ...runAudit(context, run),
        action: 'run.continued',
        payload: {
          reason,
          ...(adopts
            ? { takenOverFrom: run.executedBy }
            : { wave: wave?.number, of: wave?.of }),
        },
      });
      await notify(tx, CHANNELS.changes, runId);
      await notify(tx, CHANNELS.work);
    });
    return queries.view(commands.knex, context, runId);
  }
}
