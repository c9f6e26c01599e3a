import {
  Run,
  RunPreview,
  runRequestSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { z } from 'zod';
import { requestRefusal } from '../domain/actions';
import { BINDING_SCHEME, buildBinding, digestOf } from '../domain/binding';
import { DbTargetRecord, MigrationRecord } from '../domain/types';
import { HubError } from '../errors';
import { appendAuditEvent } from '../store/audit';
import { newId, Tx } from '../store/Database';
import { findDbTargets } from '../store/dbTargets';
import { findMigration, lockMigration } from '../store/migrations';
import { savePlan } from '../store/plans';
import { openRunOnTargets } from '../store/openItems';
import { insertRunItems } from '../store/runItems';
import { insertRevision } from '../store/runRevisions';
import { insertRun } from '../store/runs';
import { Commands } from './Commands';
import { ConnectionTests } from './ConnectionTests';
import { CommandContext } from './context';
import { recomputeEnvironmentState } from './environmentStates';
import {
  EnvironmentPolicies,
  EnvironmentWithPolicy,
} from './EnvironmentPolicies';
import { Drivers } from './planning';
import { RateLimits } from './RateLimits';
import { refuse } from './refuse';
import { RunFactsReader } from './RunFacts';
import { PreparedRun, prepareRun } from './runPreparation';
import { RunQueries } from './RunQueries';
import { targetRef, warningsOf } from './runViews';

type Request = z.output<typeof runRequestSchema>;

/** Asking for a run, and asking what asking would do. */
export class RunRequests {
  readonly #options: Options;

  private constructor(options: Options) {
    this.#options = options;
  }

  static create(options: Options): RunRequests {
    return new RunRequests(options);
  }

  /** Everything that stands against a request, and what each target holds. Writes nothing. */
  async preview(
    context: CommandContext,
    migrationId: string,
    request: Request,
  ): Promise<RunPreview> {
    const { commands, environments, connections, limits } = this.#options;
    await limits.count(context, 'analysis');
    const migration = await this.#found(commands.knex, migrationId);
    const environment = await environments.read(
      commands.knex,
      request.environment,
    );
    const refusal = requestRefusal(context.caller, {
      migration,
      environment: environment.name,
      policy: environment.policy,
    });
    const prepared = await this.#prepare(migration, request, environment);
    const checksumUp = prepared.version?.checksumUp;
    const { planned } = prepared;
    return {
      targets: await connections.forEach(prepared.targets, async target => {
        const { history, message } = await connections.readHistory(target, {
          migrationKey: migration.key,
          checksumUp,
        });
        const warnings = warningsOf(target);
        return { target: targetRef(target), history, message, warnings };
      }),
      analysis: planned && {
        statements: planned.plan.statements.length,
        transactional: planned.plan.statements.filter(
          statement => statement.transactional === 'yes',
        ).length,
        mode: planned.plan.mode,
        problems: planned.problems,
      },
      approvalsRequired: environment.policy.approvalsRequired,
      blockers: [...(refusal ? [refusal] : []), ...prepared.blockers].map(
        ({ code, message }) => ({ action: 'request', code, message }),
      ),
    };
  }

  /** Freezes what would run where, and puts it before the approvers. */
  async request(
    context: CommandContext,
    migrationId: string,
    request: Request,
  ): Promise<Run> {
    const { commands, environments, facts, queries } = this.#options;
    const seen = await this.#found(commands.knex, migrationId);
    const asked = await environments.read(commands.knex, request.environment);
    refuse(
      requestRefusal(context.caller, {
        migration: seen,
        environment: asked.name,
        policy: asked.policy,
      }),
    );
    const prepared = await this.#prepare(seen, request, asked);
    refuse(prepared.blockers[0]);
    await this.#identify(context, prepared.targets);

    return commands.run(context, async tx => {
      const migration = await lockMigration(tx, migrationId);
      const targets = await findDbTargets(tx, {
        ids: prepared.targets.map(target => target.id),
      });
      const { engine, version, checksum, planned } = prepared;
      if (!migration || !engine || !version || !checksum || !planned) {
        throw new Error('a prepared run without blockers is complete');
      }
      // The script was cut before the lock: whoever edited meanwhile goes first.
      if (migration.version !== seen.version) {
        throw new HubError(
          'STALE_VERSION',
          `'${migration.key}' was edited while this was requested: it is at version ${migration.version} now. Request again.`,
        );
      }
      await this.#assertFree(tx, migration, targets);
      // The run keeps the policy of this very moment.
      const environment = await environments.read(tx, request.environment);

      const runId = newId();
      const userId = context.caller.user.id;
      const run = {
        id: runId,
        migrationId,
        projectId: migration.projectId,
        environment: environment.name,
        engine,
        type: request.type,
        reason: request.reason,
        requestedBy: userId,
        needs: [BINDING_SCHEME],
      };
      const plan = await savePlan(tx, planned.plan, planned.problems);
      const binding = buildBinding({
        runId,
        type: request.type,
        environment: environment.name,
        revision: 1,
        migrationKey: migration.key,
        version: version.version,
        planHash: plan.hash,
        checksum,
        mode: plan.mode,
        policy: environment.policy,
        notBefore: request.notBefore,
        targets,
      });
      const digest = digestOf(binding);
      await insertRun(tx, run, prepared.dbSetIds);
      await insertRevision(tx, {
        runId,
        revision: 1,
        migrationId,
        version: version.version,
        planHash: plan.hash,
        checksum,
        policy: environment.policy,
        binding,
        digest,
        cause: 'requested',
        createdBy: userId,
      });
      await insertRunItems(
        tx,
        targets.map((target, ordinal) => ({
          id: newId(),
          runId,
          migrationId,
          targetId: target.id,
          ordinal,
          checksumUp: version.checksumUp,
          statementsTotal: plan.statementCount,
        })),
      );
      await appendAuditEvent(tx, {
        actorId: userId,
        action: 'run.requested',
        entityType: 'run',
        entityId: runId,
        migrationId,
        runId,
        environment: environment.name,
        requestId: context.requestId,
        payload: {
          key: migration.key,
          type: request.type,
          version: version.version,
          checksum,
          planHash: plan.hash,
          digest,
          targets: targets.map(target => target.id),
          notBefore: request.notBefore,
          reason: request.reason,
        },
      });
      await recomputeEnvironmentState(tx, facts, run);
      return queries.view(tx, context, runId);
    });
  }

  async #found(tx: Tx, id: string): Promise<MigrationRecord> {
    const migration = await findMigration(tx, id);
    if (migration) return migration;
    throw new HubError('NOT_FOUND', `There is no migration with id ${id}.`);
  }

  #prepare(
    migration: MigrationRecord,
    request: Request,
    environment: EnvironmentWithPolicy,
  ): Promise<PreparedRun> {
    const { commands, drivers } = this.#options;
    return prepareRun(commands.knex, {
      migration,
      environment,
      request,
      drivers,
    });
  }

  /** A digest names the server: where it is not known yet, look now. */
  async #identify(
    context: CommandContext,
    targets: DbTargetRecord[],
  ): Promise<void> {
    const { connections } = this.#options;
    const unknown = targets.filter(target => !target.serverIdentity);
    await connections.forEach(unknown, async target => {
      const result = await connections.testSaved(target, context);
      if (result.identity) return;
      const failed = result.checks.find(check => !check.ok);
      throw new HubError(
        'IDENTITY_UNKNOWN',
        `It is not known which server answers for target '${target.name}', and it could not be asked: ${failed?.message}`,
        { details: { target: target.id, check: failed?.name } },
      );
    });
  }

  /** The unique index on open items decides; this names the run that is in the way. */
  async #assertFree(
    tx: Tx,
    migration: MigrationRecord,
    targets: DbTargetRecord[],
  ): Promise<void> {
    const open = await openRunOnTargets(tx, {
      migrationId: migration.id,
      targetIds: targets.map(target => target.id),
    });
    if (!open) return;
    const target = targets.find(one => one.id === open.targetId);
    throw new HubError(
      'OPEN_RUN',
      `There is an open run of '${migration.key}' on target '${target?.name}' already (${open.status}). Let it end or cancel it.`,
      { details: { run: open.runId, target: open.targetId } },
    );
  }
}

interface Options {
  commands: Commands;
  environments: EnvironmentPolicies;
  drivers: Drivers;
  connections: ConnectionTests;
  facts: RunFactsReader;
  queries: RunQueries;
  limits: RateLimits;
}
