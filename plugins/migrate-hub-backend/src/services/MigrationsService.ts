import {
  HistoryEntry,
  Migration,
  MigrationSummary,
  MigrationVersion,
  SqlAnalysis,
  analyzeRequestSchema,
  migrationCreateSchema,
  migrationListQuerySchema,
  migrationPatchSchema,
  migrationTargetsSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { z } from 'zod';
import { migrationActions, editRefusal, createMigrationRefusal } from '../domain/actions';
import { checksumOf, normalizeSql } from '../domain/sql';
import { MigrationRecord, VersionRecord } from '../domain/types';
import { HubError } from '../errors';
import { appendAuditEvent } from '../store/audit';
import { listMigrationEvents } from '../store/auditQueries';
import { decodeCursor, toPage } from '../store/cursor';
import { newId, Tx } from '../store/Database';
import { holdingsOf } from '../store/holdings';
import * as store from '../store/migrations';
import { findProjectByKey } from '../store/projects';
import { findUserId } from '../store/users';
import { lookUpActors } from './actors';
import { Commands } from './Commands';
import { CommandContext } from './context';
import { EnvironmentPolicies } from './EnvironmentPolicies';
import { summaryOf } from './historySummary';
import {
  migrationSummaryView,
  migrationView,
  statesView,
  versionView,
} from './migrationViews';
import { analyseScript, driverFor, Drivers } from './planning';
import { refuse } from './refuse';
import { RunRevisions } from './RunRevisions';

type Page<T> = { items: T[]; nextCursor?: string };

/** Migrations and their versions. */
export class MigrationsService {
  readonly #commands: Commands;
  readonly #environments: EnvironmentPolicies;
  readonly #revisions: RunRevisions;
  readonly #drivers: Drivers;

  private constructor(options: {
    commands: Commands;
    environments: EnvironmentPolicies;
    revisions: RunRevisions;
    drivers: Drivers;
  }) {
    this.#commands = options.commands;
    this.#environments = options.environments;
    this.#revisions = options.revisions;
    this.#drivers = options.drivers;
  }

  static create(options: {
    commands: Commands;
    environments: EnvironmentPolicies;
    revisions: RunRevisions;
    drivers: Drivers;
  }): MigrationsService {
    return new MigrationsService(options);
  }

  async list(
    _context: CommandContext,
    query: z.output<typeof migrationListQuerySchema>,
  ): Promise<Page<MigrationSummary>> {
    const tx = this.#commands.knex;
    const filter = await this.#filter(query);
    if (!filter) return { items: [] };
    const rows = await store.listMigrations(tx, filter, {
      limit: query.limit,
      after: decodeCursor(query.cursor),
    });
    const states = await store.statesOf(
      tx,
      rows.map(row => row.id),
    );
    const actor = await lookUpActors(
      tx,
      rows.flatMap(row => [row.createdBy, row.updatedBy]),
    );
    return toPage(rows, query.limit, {
      at: row => row.exactUpdatedAt,
      item: row =>
        migrationSummaryView({
          migration: row,
          version: row,
          states: this.#states(
            states.filter(state => state.migrationId === row.id),
          ),
          actor,
        }),
    });
  }

  async create(
    context: CommandContext,
    input: z.output<typeof migrationCreateSchema>,
  ): Promise<Migration> {
    refuse(createMigrationRefusal(context.caller));
    const sqlUp = normalizeSql(input.sqlUp);
    const sqlDown =
      input.sqlDown === undefined ? undefined : normalizeSql(input.sqlDown);

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
        sqlUp,
        sqlDown,
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
      return this.#view(tx, context, id);
    });
  }

  async get(context: CommandContext, id: string): Promise<Migration> {
    return this.#view(this.#commands.knex, context, id);
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
      input.sqlUp === undefined ? undefined : normalizeSql(input.sqlUp);
    const sqlDown =
      typeof input.sqlDown === 'string'
        ? normalizeSql(input.sqlDown)
        : input.sqlDown;
    // Cutting a large script takes seconds: before the transaction, not under its locks.
    const plans = await this.#revisions.planForOpenRuns(id, {
      sqlUp,
      transactionMode: input.transactionMode,
    });

    return this.#commands.run(context, async tx => {
      const migration = this.#found(await store.lockMigration(tx, id), id);
      const onlyArchives = Object.keys(input).every(field =>
        ['archived', 'expectedVersion', 'expectedRevision'].includes(field),
      );
      refuse(
        editRefusal(context.caller, migration, {
          act: onlyArchives && input.archived !== undefined ? 'archive' : 'edit',
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

      const before = await this.#version(tx, migration, migration.version);
      const checksumUp =
        sqlUp === undefined ? before.checksumUp : checksumOf(sqlUp);
      const checksumDown =
        typeof sqlDown === 'string' ? checksumOf(sqlDown) : undefined;
      const nextDown = sqlDown === undefined ? before.checksumDown : checksumDown;
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
        if (typeof sqlUp === 'string') {
          await store.saveSqlText(tx, { checksum: checksumUp, sql: sqlUp });
        }
        if (typeof sqlDown === 'string' && nextDown) {
          await store.saveSqlText(tx, { checksum: nextDown, sql: sqlDown });
        }
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
      return this.#view(tx, context, id);
    });
  }

  async versions(
    _context: CommandContext,
    id: string,
  ): Promise<Page<MigrationVersion>> {
    const tx = this.#commands.knex;
    this.#found(await store.findMigration(tx, id), id);
    const versions = await store.listVersions(tx, id);
    const actor = await lookUpActors(
      tx,
      versions.map(version => version.createdBy),
    );
    return { items: versions.map(version => versionView(version, actor)) };
  }

  async version(
    _context: CommandContext,
    id: string,
    number: number,
  ): Promise<MigrationVersion & { sqlUp: string; sqlDown?: string }> {
    const tx = this.#commands.knex;
    const migration = this.#found(await store.findMigration(tx, id), id);
    const version = await this.#version(tx, migration, number);
    const actor = await lookUpActors(tx, [version.createdBy]);
    return { ...versionView(version, actor), ...(await this.#sql(tx, version)) };
  }

  async history(
    _context: CommandContext,
    id: string,
    query: { limit: number; cursor?: string },
  ): Promise<Page<HistoryEntry>> {
    const tx = this.#commands.knex;
    this.#found(await store.findMigration(tx, id), id);
    const events = await listMigrationEvents(tx, id, {
      limit: query.limit,
      after: decodeCursor(query.cursor),
    });
    const actor = await lookUpActors(
      tx,
      events.map(event => event.actorId),
    );
    return toPage(events, query.limit, {
      at: event => event.exactAt,
      item: event => ({
        at: event.at.toISOString(),
        actor: event.actorId ? actor(event.actorId) : undefined,
        action: event.action,
        environment: event.environment,
        run: event.runId,
        summary: summaryOf(event),
      }),
    });
  }

  /** Which target has which version, by our records. */
  async targets(
    _context: CommandContext,
    id: string,
    _query: { limit: number; cursor?: string },
  ): Promise<z.output<typeof migrationTargetsSchema>> {
    const tx = this.#commands.knex;
    this.#found(await store.findMigration(tx, id), id);
    const versions = await store.listVersions(tx, id);
    const holdings = await holdingsOf(tx, id);
    return {
      items: holdings.map(holding => ({
        target: { id: holding.targetId, name: holding.targetName },
        environment: holding.environment,
        version: versionHeld(versions, holding.checksumUp),
        checksumUp: holding.checksumUp,
        status: holding.status,
        outcome: holding.outcome,
        runId: holding.runId,
        at: holding.at.toISOString(),
      })),
    };
  }

  async analyze(
    _context: CommandContext,
    input: z.output<typeof analyzeRequestSchema>,
  ): Promise<SqlAnalysis> {
    return analyseScript(driverFor(this.#drivers, input.engine), {
      sql: normalizeSql(input.sql),
      mode: input.transactionMode,
      historyTables: [],
    });
  }

  async #filter(
    query: z.output<typeof migrationListQuerySchema>,
  ): Promise<store.MigrationFilter | undefined> {
    const tx = this.#commands.knex;
    const filter: store.MigrationFilter = {
      jira: query.jira,
      q: query.q,
      archived: query.archived,
    };
    if (query.project) {
      filter.projectId = (await findProjectByKey(tx, query.project))?.id;
      if (!filter.projectId) return undefined;
    }
    if (query.createdBy) {
      filter.createdBy = await findUserId(tx, query.createdBy);
      if (!filter.createdBy) return undefined;
    }
    filter.state = this.#stateFilter(query.state, query.environment);
    return filter;
  }

  /** `executed_stg`, or `draft` or `executed` together with an environment. */
  #stateFilter(
    state: string | undefined,
    environment: string | undefined,
  ): store.MigrationFilter['state'] {
    const names = this.#environments.list().map(one => one.name);
    if (environment) this.#environments.get(environment);
    if (!state) return undefined;
    const suffix = names.find(name => state.endsWith(`_${name}`));
    const place = environment ?? suffix;
    if (!place || (suffix && suffix !== place)) {
      throw new HubError(
        'INVALID_INPUT',
        `state must end in an environment, such as executed_${names[0]}, or come with environment=.`,
      );
    }
    return {
      environment: place,
      state: suffix ? state.slice(0, -suffix.length - 1) : state,
    };
  }

  async #saveVersion(
    tx: Parameters<typeof store.insertVersion>[0],
    input: {
      migrationId: string;
      version: number;
      sqlUp: string;
      sqlDown?: string;
      transactionMode: VersionRecord['transactionMode'];
      userId: string;
    },
  ) {
    const { sqlUp, sqlDown, ...rest } = input;
    const checksumUp = checksumOf(sqlUp);
    const checksumDown = sqlDown === undefined ? undefined : checksumOf(sqlDown);
    await store.saveSqlText(tx, { checksum: checksumUp, sql: sqlUp });
    if (sqlDown !== undefined && checksumDown) {
      await store.saveSqlText(tx, { checksum: checksumDown, sql: sqlDown });
    }
    await store.insertVersion(tx, { ...rest, checksumUp, checksumDown });
    return {
      checksumUp,
      checksumDown,
      transactionMode: input.transactionMode,
    };
  }

  #found(migration: MigrationRecord | undefined, id: string): MigrationRecord {
    if (migration) return migration;
    throw new HubError('NOT_FOUND', `There is no migration with id ${id}.`);
  }

  async #version(
    tx: Tx,
    migration: MigrationRecord,
    number: number,
  ): Promise<VersionRecord> {
    const version = await store.findVersion(tx, migration.id, number);
    if (version) return version;
    throw new HubError(
      'NOT_FOUND',
      `Migration '${migration.key}' has no version ${number}; the newest is ${migration.version}.`,
    );
  }

  async #sql(tx: Tx, version: VersionRecord) {
    return {
      sqlUp: await store.readSqlText(tx, version.checksumUp),
      sqlDown: version.checksumDown
        ? await store.readSqlText(tx, version.checksumDown)
        : undefined,
    };
  }

  #states(records: Parameters<typeof statesView>[1]) {
    return statesView(
      this.#environments.list().map(one => one.name),
      records,
    );
  }

  async #view(tx: Tx, context: CommandContext, id: string): Promise<Migration> {
    const migration = this.#found(await store.findMigration(tx, id), id);
    const versions = await store.listVersions(tx, id);
    const version = versions[0];
    const states = await store.statesOf(tx, [id]);
    const actor = await lookUpActors(tx, [
      migration.createdBy,
      migration.updatedBy,
    ]);
    const holdings = await holdingsOf(tx, id);
    const older = holdings.filter(
      holding =>
        holding.checksumUp && holding.checksumUp !== version.checksumUp,
    );
    return migrationView(
      migrationSummaryView({
        migration,
        version,
        states: this.#states(states),
        actor,
      }),
      {
        description: migration.description,
        ...(await this.#sql(tx, version)),
        olderOnTargets: older.map(holding => ({
          target: holding.targetName,
          environment: holding.environment,
          version: versionHeld(versions, holding.checksumUp),
        })),
        ...migrationActions(
          context.caller,
          migration,
          this.#environments.list(),
        ),
      },
    );
  }
}

/** The newest version with that checksum: the same SQL may come back later. */
function versionHeld(
  versions: VersionRecord[],
  checksumUp: string | undefined,
): number | undefined {
  if (!checksumUp) return undefined;
  return versions.find(version => version.checksumUp === checksumUp)?.version;
}
