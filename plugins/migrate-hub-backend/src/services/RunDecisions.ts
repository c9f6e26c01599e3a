import {
  Approval,
  approvalRequestSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { z } from 'zod';
import { Signer } from '../crypto/Signer';
import { hasQuorum, mayDecide } from '../domain/approvals';
import { nextRunStatus } from '../domain/runStates';
import { RunRecord } from '../domain/types';
import { HubError } from '../errors';
import { insertApproval } from '../store/approvals';
import { appendAuditEvent } from '../store/audit';
import { newId } from '../store/Database';
import { CHANNELS, notify } from '../store/Listener';
import { lockMigration } from '../store/migrations';
import { cancelQueuedItems, closeItems, lockRunItems } from '../store/runItems';
import { lockRun, updateRun } from '../store/runs';
import { lookUpActors } from './actors';
import { signApproval } from './approvalEvidence';
import { Commands } from './Commands';
import { CommandContext } from './context';
import { recomputeEnvironmentState } from './environmentStates';
import { principal } from './Gate';
import { refuse } from './refuse';
import { decisionFacts, RunFactsReader } from './RunFacts';
import { RunQueries } from './RunQueries';
import { RunLapses } from './RunLapses';
import { approvalViews } from './runViews';

interface Options {
  commands: Commands;
  facts: RunFactsReader;
  queries: RunQueries;
  signer: Signer;
  lapses: RunLapses;
}

const isUnderWay = ({ status }: RunRecord) =>
  status === 'queued' || status === 'running';

/** Approving and denying. */
export class RunDecisions {
  readonly #options: Options;

  private constructor(options: Options) {
    this.#options = options;
  }

  static create(options: Options): RunDecisions {
    return new RunDecisions(options);
  }

  /**
   * Approves or denies exactly what the digest covers.
   *
   * @throws HubError `STALE_DIGEST` if the run binds something else by now.
   */
  async decide(
    context: CommandContext,
    runId: string,
    input: z.output<typeof approvalRequestSchema>,
  ): Promise<Approval> {
    const { commands, facts: reader, queries, signer } = this.#options;
    if (input.decision === 'deny' && !input.comment?.trim()) {
      throw new HubError(
        'INVALID_INPUT',
        'comment: say why you deny it, so that the requester knows what to change.',
      );
    }
    const { migrationId } = await queries.found(commands.knex, runId);

    return commands.run(context, async tx => {
      await lockMigration(tx, migrationId);
      const { run, facts: before } = await this.#lock(tx, context, runId);
      refuse(
        mayDecide({
          ...decisionFacts(before),
          ...principal(context.caller),
          decision: input.decision,
        }),
      );
      if (
        input.digest !== before.revision.digest ||
        before.currentDigest !== before.revision.digest
      ) {
        throw new HubError(
          'STALE_DIGEST',
          'What this run binds has changed since it was shown to you. Look at it again, then decide.',
          { details: { digest: before.revision.digest } },
        );
      }

      const approverId = context.caller.user.id;
      const approval = signApproval(signer, {
        id: newId(),
        runId,
        revision: run.revision,
        decision: input.decision,
        digest: input.digest,
        comment: input.comment,
        approverId,
        createdAt: before.now,
      });
      await insertApproval(tx, approval);
      const { judgement } = await reader.read(tx, run);
      const event = input.decision === 'deny' ? 'deny' : 'approve';
      const decided = event === 'deny' || hasQuorum(judgement);
      if (decided) {
        await updateRun(tx, runId, {
          // Undefined for one that is under way: it only goes on.
          status: nextRunStatus(run.status, event),
          wake: true,
          reapproval: event === 'approve' ? false : undefined,
          finished: event === 'deny' ? true : undefined,
        });
        if (event === 'deny') {
          await cancelQueuedItems(tx, { runId, reason: 'The run was denied.' });
          await closeItems(tx, runId);
        }
      }
      await appendAuditEvent(tx, {
        actorId: approverId,
        action: input.decision === 'approve' ? 'run.approved' : 'run.denied',
        entityType: 'run',
        entityId: runId,
        migrationId,
        runId,
        environment: run.environment,
        requestId: context.requestId,
        payload: {
          approval: approval.id,
          revision: run.revision,
          digest: input.digest,
          comment: input.comment,
          granted: judgement.granted,
          required: judgement.required,
        },
      });
      if (isUnderWay(run)) await notify(tx, CHANNELS.work);
      await recomputeEnvironmentState(tx, reader, run);
      const after = await reader.read(tx, { ...run });
      const actor = await lookUpActors(
        tx,
        after.approvals.map(one => one.approverId),
      );
      const view = approvalViews(after, actor).find(
        one => one.id === approval.id,
      );
      if (!view) throw new Error(`approval ${approval.id} was not stored`);
      return view;
    });
  }

  /** Locks the run; one whose approvals have lapsed waits for approval again first. */
  async #lock(tx: Knex.Transaction, context: CommandContext, runId: string) {
    const { facts: reader, lapses } = this.#options;
    const read = async () => {
      const run = await lockRun(tx, runId);
      if (!run) throw new Error(`no run ${runId}`);
      return { run, facts: await reader.read(tx, run) };
    };
    const locked = await read();
    await lockRunItems(tx, runId);
    const lapsed = await lapses.lapse(tx, context, locked.facts);
    return lapsed ? read() : locked;
  }
}
