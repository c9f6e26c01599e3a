import {
  DatabaseService,
  resolvePackagePath,
  RootConfigService,
} from '@backstage/backend-plugin-api';
import knexFactory, { Knex } from 'knex';
import { v7 } from 'uuid';
import { limitQueries, QueryLimits } from './queryLimits';

/** A transaction or, for reads, the pool itself. */
export type Tx = Knex | Knex.Transaction;

/** A new row id: UUIDv7, so that ids sort by creation. */
export const newId = (): string => v7();

/** A query of the hub that takes longer is broken off by the server. */
const QUERY_TIMEOUT_MS = 30_000;

/** So much longer the server has to say so. */
const GRACE_MS = 5_000;

/**
 * As configured. Not 0, which to PostgreSQL is no limit: by it also silent lines
 * and forgotten transactions are told from those at work.
 *
 * @throws Error that names the setting, at start-up.
 */
export function readQueryTimeoutMs(
  config: RootConfigService,
): number | undefined {
  const key = 'migrateHub.limits.queryTimeoutSeconds';
  const seconds = config.getOptionalNumber(key);
  if (seconds === undefined) return undefined;
  if (seconds > 0) return seconds * 1000;
  throw new Error(`${key} must be more than 0`);
}

/**
 * Opens the plugin's database and brings its schema up to date.
 *
 * @param options - `queryTimeoutMs`: for each statement of the hub; the
 * migrations of the schema have none
 * @throws if the configured client is not PostgreSQL.
 */
export async function openDatabase(
  database: DatabaseService,
  options: { queryTimeoutMs?: number } = {},
): Promise<Knex> {
  const knex = await database.getClient();
  const client = String(knex.client.config.client);
  if (client !== 'pg') {
    throw new Error(
      `migrate-hub keeps its records in PostgreSQL, but backend.database.client is '${client}'. ` +
        `Set backend.database.client to 'pg' (or backend.database.plugin.migrate-hub.client, to move this plugin only).`,
    );
  }
  // Knex would put bound values, SQL and ciphertexts among them, into its error messages.
  knex.client.config.compileSqlOnError = false;
  if (!database.migrations?.skip) {
    const unlimited = smallPool(knex);
    await migrate(unlimited).finally(() => unlimited.destroy());
  }
  limitQueries(knex, {
    timeoutMs: options.queryTimeoutMs ?? QUERY_TIMEOUT_MS,
    graceMs: GRACE_MS,
  });
  return knex;
}

/**
 * Another pool to the same database, of one or two connections that nothing
 * else can take.
 *
 * @param limits - none for what may take as long as it likes
 */
export function smallPool(knex: Knex, limits?: QueryLimits): Knex {
  const { client, connection, searchPath } = knex.client.config;
  const pool = { min: 0, max: 2 };
  const small = knexFactory({ client, connection, searchPath, pool });
  if (limits) limitQueries(small, limits);
  return small;
}

/** Where the hub's own records are. */
export function ownDatabase(knex: Knex): {
  host: string;
  port: number;
  database: string;
} {
  const { host, port, database } = knex.client.connectionSettings;
  return { host: host ?? 'localhost', port: Number(port ?? 5432), database };
}

/** Who the hub's own server is, as the Postgres driver names servers; undefined if it may not ask. */
export async function systemIdentifier(tx: Tx): Promise<string | undefined> {
  const { rows } = await tx.raw(`
    select case when has_function_privilege('pg_control_system()', 'execute')
      then (select system_identifier::text from pg_control_system())
    end as id`);
  return rows[0].id ?? undefined;
}

const directory = () =>
  resolvePackagePath(
    '@migrate-hub/backstage-plugin-migrate-hub-backend',
    'migrations',
  );

/** Two replicas may start at once: the one that finds Knex's lock taken asks again. */
async function migrate(knex: Knex): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    try {
      await knex.migrate.latest({ directory: directory() });
      return;
    } catch (error) {
      const locked = error instanceof Error && error.name === 'MigrationLocked';
      if (!locked || Date.now() > deadline) throw error;
      await new Promise(resolve => setTimeout(resolve, 500));
    }
  }
}
