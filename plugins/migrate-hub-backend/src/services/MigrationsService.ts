import {
  Migration,
  SqlAnalysis,
  analyzeRequestSchema,
  migrationCreateSchema,
  migrationPatchSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { z } from 'zod';
import { createMigrationRefusal, editRefusal } from '../domain/actions';
import { VersionRecord } from '../domain/types';
import { HubError } from '../errors';
import { appendAuditEvent } from '../store/audit';
import { newId } from '../store/Database';
import * as store from '../store/migrations';
import { findProjectByKey } from '../store/projects';
import { Commands } from './Commands';
import { CommandContext } from './context';
import { MigrationQueries } from './MigrationQueries';
import { analyseScript, driverFor, Drivers } from './planning';
import { RateLimits } from './RateLimits';
import { refuse } from './refuse';
import { RunRevisions } from './RunRevisions';
import { normalizeSql, SqlText, sqlTextOf, storedTextOf } from './sqlText';

/** Creates and edits migrations. */
export class MigrationsService {
  readonly #commands: Commands;
  readonly #queries: MigrationQueries;
  readonly #revisions: RunRevisions;
  readonly #drivers: Drivers;
  readonly #limits: RateLimits;

  private constructor(options: {
    commands: Commands;
    queries: MigrationQueries;
    revisions: RunRevisions;
    drivers: Drivers;
    limits: RateLimits;
  }) {
    this.#commands = options.commands;
    this.#queries = options.queries;
    this.#revisions = options.revisions;
    this.#drivers = options.drivers;
    this.#limits = options.limits;
  }

  static create(options: {
    commands: Commands;
    queries: MigrationQueries;
    revisions: RunRevisions;
    drivers: Drivers;
    limits: RateLimits;
  }): MigrationsService {
    return new MigrationsService(options);
  }

  async create(
    context: CommandContext,
    input: z.output<typeof migrationCreateSchema>,
  ): Promise<Migration> {
    refuse(createMigrationRefusal(context.caller));
    const up = await storedTextOf(input.sqlUp);
    const down =
      input.sqlDown === undefined
        ? undefined
        : await storedTextOf(input.sqlDown);

    return this.#commands.run(context, async tx => {
      const project = await findProjectByKey(tx, input.project);
      if (!project) {
        throw new HubError(
          'NOT_FOUND',
          `There is no project '${input.project}'. Create it first, or check the key.`,
        );
      }
      if (project.archived) {
        throw new HubError(
          'ARCHIVED',
          `Project '${project.key}' is archived and takes no new migrations.`,
        );
      }
      if (await store.findMigrationIdByKey(tx, input.key)) {
        throw new HubError(
          'ALREADY_EXISTS',
          `There is a migration '${input.key}' already. Keys are unique in the whole hub, because they are the keys of the history tables.`,
        );
      }
      const id = newId();
      const userId = context.caller.user.id;
      await store.insertMigration(tx, {
        id,
        projectId: project.id,
        key: input.key,
        name: input.name,
        jira: input.jira,
        description: input.description,
        userId,
      });
      const version = await this.#saveVersion(tx, {
        migrationId: id,
        version: 1,
        up,
        down,
        transactionMode: input.transactionMode,
        userId,
      });
      await appendAuditEvent(tx, {
        actorId: userId,
        action: 'migration.created',
        entityType: 'migration',
        entityId: id,
        migrationId: id,
        requestId: context.requestId,
        payload: {
          key: input.key,
          name: input.name,
          project: project.key,
          version: 1,
          ...version,
        },
      });
      return this.#queries.view(tx, context, id);
    });
  }

  /**
   * Edits a migration. A change of SQL or mode makes version n+1 and sends each
   * open apply run that has not started back to approval.
   */
  async update(
    context: CommandContext,
    id: string,
    input: z.output<typeof migrationPatchSchema>,
  ): Promise<Migration> {
    const sqlUp =
      input.sqlUp === undefined ? undefined : await normalizeSql(input.sqlUp);
    const up = sqlUp === undefined ? undefined : await sqlTextOf(sqlUp);
    // Null takes it away.
    const down =
      typeof input.sqlDown === 'string'
        ? await storedTextOf(input.sqlDown)
        : input.sqlDown;
    // Cutting a large script takes seconds: before the transaction, not under its locks.
    const plans = await this.#revisions.planForOpenRuns(id, {
      sqlUp,
      transactionMode: input.transactionMode,
    });

    return this.#commands.run(context, async tx => {
      const migration = this.#queries.found(
        await store.lockMigration(tx, id),
        id,
      );
      const onlyArchives = Object.keys(input).every(field =>
        ['archived', 'expectedVersion', 'expectedRevision'].includes(field),
      );
      refuse(
        editRefusal(context.caller, migration, {
          act:
            onlyArchives && input.archived !== undefined ? 'archive' : 'edit',
        }),
      );
      if (input.expectedVersion !== migration.version) {
        throw new HubError(
          'STALE_VERSION',
          `The SQL was changed since you read it: it is at version ${migration.version} now, you edited version ${input.expectedVersion}. Read it again and repeat your edit.`,
          { details: { version: migration.version } },
        );
      }
      if (
        input.expectedRevision !== undefined &&
        input.expectedRevision !== migration.revision
      ) {
        throw new HubError(
          'STALE_REVISION',
          `The migration was changed since you read it (revision ${migration.revision}, not ${input.expectedRevision}). Read it again and repeat your edit.`,
          { details: { revision: migration.revision } },
        );
      }

      const before = await this.#queries.foundVersion(
        tx,
        migration,
        migration.version,
      );
      const checksumUp = up?.checksum ?? before.checksumUp;
      const nextDown =
        down === undefined ? before.checksumDown : down?.checksum;
      const mode = input.transactionMode ?? before.transactionMode;
      const sqlChanged =
        checksumUp !== before.checksumUp ||
        nextDown !== before.checksumDown ||
        mode !== before.transactionMode;

      const userId = context.caller.user.id;
      const version = migration.version + (sqlChanged ? 1 : 0);
      await store.updateMigration(tx, id, {
        name: input.name,
        jira: input.jira,
        description: input.description,
        archived: input.archived,
        version,
        userId,
      });
      const audit = {
        actorId: userId,
        entityType: 'migration' as const,
        entityId: id,
        migrationId: id,
        requestId: context.requestId,
      };
      if (sqlChanged) {
        if (up) await store.saveSqlText(tx, up);
        if (down) await store.saveSqlText(tx, down);
        const next: VersionRecord = {
          ...before,
          version,
          checksumUp,
          checksumDown: nextDown,
          transactionMode: mode,
          createdBy: userId,
        };
        await store.insertVersion(tx, { ...next, userId });
        await appendAuditEvent(tx, {
          ...audit,
          action: 'migration.sql_changed',
          payload: {
            key: migration.key,
            version,
            checksumUp,
            checksumDown: nextDown,
            transactionMode: mode,
            before: {
              version: before.version,
              checksumUp: before.checksumUp,
              checksumDown: before.checksumDown,
              transactionMode: before.transactionMode,
            },
          },
        });
        await this.#revisions.onSqlChanged(tx, context, {
          migration: { ...migration, version },
          version: next,
          plans,
        });
      }
      const changed = (['name', 'jira', 'description'] as const).filter(
        field => input[field] !== undefined,
      );
      if (changed.length > 0) {
        await appendAuditEvent(tx, {
          ...audit,
          action: 'migration.updated',
          payload: {
            key: migration.key,
            changes: Object.fromEntries(
              changed.map(field => [
                field,
                { before: migration[field], after: input[field] ?? undefined },
              ]),
            ),
          },
        });
      }
      if (
        input.archived !== undefined &&
        input.archived !== migration.archived
      ) {
        await this.#revisions.assertNoOpenRun(tx, migration, input.archived);
        await appendAuditEvent(tx, {
          ...audit,
          action: input.archived
            ? 'migration.archived'
            : 'migration.unarchived',
          payload: { key: migration.key },
        });
      }
      return this.#queries.view(tx, context, id);
    });
  }

  /** @throws HubError `TOO_MANY_REQUESTS` */
  async analyze(
    context: CommandContext,
    input: z.output<typeof analyzeRequestSchema>,
  ): Promise<SqlAnalysis> {
    await this.#limits.count(context, 'analysis');
    return analyseScript(driverFor(this.#drivers, input.engine), {
      sql: await normalizeSql(input.sql),
      mode: input.transactionMode,
      historyTables: [],
    });
  }

  async #saveVersion(
    tx: Parameters<typeof store.insertVersion>[0],
    input: {
      migrationId: string;
      version: number;
      up: SqlText;
      down?: SqlText;
      transactionMode: VersionRecord['transactionMode'];
      userId: string;
    },
  ) {
    const { up, down, ...rest } = input;
    const checksumUp = up.checksum;
    const checksumDown = down?.checksum;
    await store.saveSqlText(tx, up);
    if (down) await store.saveSqlText(tx, down);
    await store.insertVersion(tx, { ...rest, checksumUp, checksumDown });
    return {
      checksumUp,
      checksumDown,
      transactionMode: input.transactionMode,
    };
  }
}
