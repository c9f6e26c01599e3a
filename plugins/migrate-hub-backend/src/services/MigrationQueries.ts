import {
  HistoryEntry,
  Migration,
  MigrationSummary,
  MigrationTarget,
  MigrationVersion,
  migrationListQuerySchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { z } from 'zod';
import { migrationActions } from '../domain/actions';
import { MigrationRecord, VersionRecord } from '../domain/types';
import { HubError } from '../errors';
import { listMigrationEvents } from '../store/auditQueries';
import { decodeCursor, toPage } from '../store/cursor';
import { Tx } from '../store/Database';
import { holdingsOf } from '../store/holdings';
import * as store from '../store/migrations';
import { findProjectByKey } from '../store/projects';
import { findUserId } from '../store/users';
import { lookUpActors } from './actors';
import { CommandContext } from './context';
import { EnvironmentPolicies } from './EnvironmentPolicies';
import { summaryOf } from './historySummary';
import { targetsOf } from './migrationTargets';
import {
  migrationSummaryView,
  migrationView,
  statesView,
  versionHeld,
  versionView,
} from './migrationViews';

type Page<T> = { items: T[]; nextCursor?: string };

/** Reads migrations for people. */
export class MigrationQueries {
  readonly #knex: Knex;
  readonly #environments: EnvironmentPolicies;

  private constructor(options: {
    knex: Knex;
    environments: EnvironmentPolicies;
  }) {
    this.#knex = options.knex;
    this.#environments = options.environments;
  }

  static create(options: {
    knex: Knex;
    environments: EnvironmentPolicies;
  }): MigrationQueries {
    return new MigrationQueries(options);
  }

  async list(
    _context: CommandContext,
    query: z.output<typeof migrationListQuerySchema>,
  ): Promise<Page<MigrationSummary>> {
    const tx = this.#knex;
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

  async get(context: CommandContext, id: string): Promise<Migration> {
    return this.view(this.#knex, context, id);
  }

  async versions(
    _context: CommandContext,
    id: string,
  ): Promise<Page<MigrationVersion>> {
    const tx = this.#knex;
    this.found(await store.findMigration(tx, id), id);
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
    const tx = this.#knex;
    const migration = this.found(await store.findMigration(tx, id), id);
    const version = await this.foundVersion(tx, migration, number);
    const actor = await lookUpActors(tx, [version.createdBy]);
    return {
      ...versionView(version, actor),
      ...(await this.#sql(tx, version)),
    };
  }

  async history(
    _context: CommandContext,
    id: string,
    query: { limit: number; cursor?: string },
  ): Promise<Page<HistoryEntry>> {
    const tx = this.#knex;
    this.found(await store.findMigration(tx, id), id);
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

  /** Each target that a run covers: what it holds, by our records, and what the newest run did there. */
  async targets(
    _context: CommandContext,
    id: string,
    _query: { limit: number; cursor?: string },
  ): Promise<Page<MigrationTarget>> {
    this.found(await store.findMigration(this.#knex, id), id);
    return { items: await targetsOf(this.#knex, id) };
  }

  async #filter(
    query: z.output<typeof migrationListQuerySchema>,
  ): Promise<store.MigrationFilter | undefined> {
    const tx = this.#knex;
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
    const names = this.#environments.names;
    if (environment) this.#environments.configured(environment);
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

  /** @throws HubError `NOT_FOUND` */
  found(migration: MigrationRecord | undefined, id: string): MigrationRecord {
    if (migration) return migration;
    throw new HubError('NOT_FOUND', `There is no migration with id ${id}.`);
  }

  /** @throws HubError `NOT_FOUND` */
  async foundVersion(
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
    return statesView(this.#environments.names, records);
  }

  /** A migration as this caller sees it, in the given transaction. */
  async view(tx: Tx, context: CommandContext, id: string): Promise<Migration> {
    const migration = this.found(await store.findMigration(tx, id), id);
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
          await this.#environments.readAll(tx),
        ),
      },
    );
  }
}
