import { BackstageCredentials } from '@backstage/backend-plugin-api';
import {
  LogLine,
  LogPage,
  RouteOutput,
  routes,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { z } from 'zod';
import { Caller, CommandContext } from '../services/context';
import { AuditService } from '../services/AuditService';
import { EnvironmentPolicies } from '../services/EnvironmentPolicies';
import { DbSetsService } from '../services/DbSetsService';
import { DbTargetsService } from '../services/DbTargetsService';
import { ProjectsService } from '../services/ProjectsService';
import { SessionsService } from '../services/SessionsService';
import { UsersService } from '../services/UsersService';

/*
 * What the routers need of the services, in the words of the contract. The
 * services have more methods than the API has routes.
 */

type Names = typeof routes;
type QueryOf<K extends keyof Names> = Names[K] extends { query: z.ZodType }
  ? z.output<Names[K]['query']>
  : never;
type BodyOf<K extends keyof Names> = Names[K] extends { body: z.ZodType }
  ? z.output<Names[K]['body']>
  : never;

/** Finds the user row behind a token. */
export interface IdentityResolver {
  /** @throws HubError `UNKNOWN_USER`, `USER_DISABLED`, `NOT_SIGNED_IN` */
  resolve(request: {
    credentials: BackstageCredentials;
    /** Of the same request, for its session claim. */
    bearer?: string;
    requestId?: string;
  }): Promise<Caller>;
}

export interface MigrationsApi {
  list(
    context: CommandContext,
    query: QueryOf<'listMigrations'>,
  ): Promise<RouteOutput<'listMigrations'>>;
  create(
    context: CommandContext,
    body: BodyOf<'createMigration'>,
  ): Promise<RouteOutput<'createMigration'>>;
  get(
    context: CommandContext,
    id: string,
  ): Promise<RouteOutput<'getMigration'>>;
  update(
    context: CommandContext,
    id: string,
    body: BodyOf<'updateMigration'>,
  ): Promise<RouteOutput<'updateMigration'>>;
  versions(
    context: CommandContext,
    id: string,
  ): Promise<RouteOutput<'listMigrationVersions'>>;
  version(
    context: CommandContext,
    id: string,
    version: number,
  ): Promise<RouteOutput<'getMigrationVersion'>>;
  history(
    context: CommandContext,
    id: string,
    query: QueryOf<'listMigrationHistory'>,
  ): Promise<RouteOutput<'listMigrationHistory'>>;
  targets(
    context: CommandContext,
    id: string,
    query: QueryOf<'listMigrationTargets'>,
  ): Promise<RouteOutput<'listMigrationTargets'>>;
  analyze(
    context: CommandContext,
    body: BodyOf<'analyzeSql'>,
  ): Promise<RouteOutput<'analyzeSql'>>;
}

export interface RunsApi {
  preview(
    context: CommandContext,
    migrationId: string,
    body: BodyOf<'previewRun'>,
  ): Promise<RouteOutput<'previewRun'>>;
  request(
    context: CommandContext,
    migrationId: string,
    body: BodyOf<'requestRun'>,
  ): Promise<RouteOutput<'requestRun'>>;
  list(
    context: CommandContext,
    query: QueryOf<'listRuns'>,
  ): Promise<RouteOutput<'listRuns'>>;
  get(context: CommandContext, id: string): Promise<RouteOutput<'getRun'>>;
  decide(
    context: CommandContext,
    id: string,
    body: BodyOf<'decideRun'>,
  ): Promise<RouteOutput<'decideRun'>>;
  execute(
    context: CommandContext,
    id: string,
    body: BodyOf<'executeRun'>,
  ): Promise<RouteOutput<'executeRun'>>;
  cancel(
    context: CommandContext,
    id: string,
    body: BodyOf<'cancelRun'>,
  ): Promise<RouteOutput<'cancelRun'>>;
  retry(
    context: CommandContext,
    id: string,
    body: BodyOf<'retryRun'>,
  ): Promise<RouteOutput<'retryRun'>>;
  items(
    context: CommandContext,
    id: string,
    query: QueryOf<'listRunItems'>,
  ): Promise<RouteOutput<'listRunItems'>>;
  itemStatements(
    context: CommandContext,
    itemId: string,
    query: QueryOf<'listItemStatements'>,
  ): Promise<RouteOutput<'listItemStatements'>>;
  pending(
    context: CommandContext,
    query: QueryOf<'listPendingApprovals'>,
  ): Promise<RouteOutput<'listPendingApprovals'>>;
}

export interface DashboardApi {
  get(context: CommandContext): Promise<RouteOutput<'getDashboard'>>;
}

/** The log of a whole run, or of one of its items. */
export type LogSubject = { runId: string } | { runItemId: string };

/** A line of the log, or the news that something about the run changed. */
export type RunEvent =
  | { type: 'line'; line: LogLine }
  | { type: 'changed'; status: string; revision: number };

export interface LogsApi {
  page(
    context: CommandContext,
    subject: LogSubject,
    query: QueryOf<'listRunLogs'>,
  ): Promise<LogPage>;
  /** The whole log as lines of text. Rejects before the first line if there is no such run. */
  text(
    context: CommandContext,
    subject: LogSubject,
    query: QueryOf<'listRunLogs'>,
  ): Promise<AsyncIterable<string>>;
  /** Follows a run from the line after `after` until its end or the signal. */
  stream(
    context: CommandContext,
    runId: string,
    options: { after: number; signal: AbortSignal },
  ): Promise<AsyncIterable<RunEvent>>;
}

/** Everything that the routers call. */
export interface HubServices {
  environments: EnvironmentPolicies;
  projects: ProjectsService;
  dbSets: DbSetsService;
  dbTargets: DbTargetsService;
  audit: AuditService;
  users: UsersService;
  sessions: SessionsService;
  migrations: MigrationsApi;
  runs: RunsApi;
  dashboard: DashboardApi;
  logs: LogsApi;
}
