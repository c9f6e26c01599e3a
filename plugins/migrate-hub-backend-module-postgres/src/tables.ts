import { DatabaseError, escapeIdentifier, escapeLiteral } from 'pg';
import {
  TargetConnection,
  TargetError,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { serverFailure } from './errors';
import { Wire } from './Wire';

/** The two tables of a target, by qualified and quoted name. */
export interface TableNames {
  schema: string;
  history: string;
  ledger: string;
  /** `"schema"."table"`, ready to stand in SQL. */
  historySql: string;
  ledgerSql: string;
  /** The ledger takes checkpoints: known once the tables were prepared. */
  takesCheckpoints: boolean;
}

export function tableNames(connection: TargetConnection): TableNames {
  const schema = connection.historySchema ?? 'public';
  const history = connection.historyTable;
  const ledger = `${history}_ledger`;
  const qualified = (table: string) =>
    `${escapeIdentifier(schema)}.${escapeIdentifier(table)}`;
  return {
    schema,
    history,
    ledger,
    historySql: qualified(history),
    ledgerSql: qualified(ledger),
    takesCheckpoints: false,
  };
}

/** Accepted types by column: whoever makes the tables beforehand may prefer `text`. */
const TEXT = ['text', 'character varying', 'character'];
const HISTORY_COLUMNS: Record<string, string[]> = {
  migration_key: TEXT,
  checksum_up: TEXT,
  checksum_down: TEXT,
  applied_at: ['timestamp with time zone'],
  applied_by: TEXT,
  tool_run_id: TEXT,
};
const LEDGER_COLUMNS: Record<string, string[]> = {
  run_item_id: TEXT,
  direction: TEXT,
  migration_key: TEXT,
  run_id: TEXT,
  plan_hash: TEXT,
  attempt: ['integer'],
  position: ['integer'],
  state: TEXT,
  statement_sha256: TEXT,
  server_id: TEXT,
  updated_at: ['timestamp with time zone'],
  checkpoint: TEXT,
};

/** A ledger of the first version has none, and its owner may be somebody else. */
const ADDED = 'checkpoint';

function createHistory({ historySql }: TableNames): string {
  return `CREATE TABLE IF NOT EXISTS ${historySql} (
  migration_key varchar(255) COLLATE "C" PRIMARY KEY,
  checksum_up char(64) NOT NULL,
  checksum_down char(64),
  applied_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  applied_by text NOT NULL,
  tool_run_id text NOT NULL
)`;
}

function createLedger({ ledgerSql }: TableNames): string {
  return `CREATE TABLE IF NOT EXISTS ${ledgerSql} (
  run_item_id text COLLATE "C" NOT NULL,
  direction text NOT NULL CHECK (direction IN ('up', 'down')),
  migration_key varchar(255) COLLATE "C" NOT NULL,
  run_id text NOT NULL,
  plan_hash text NOT NULL,
  attempt int NOT NULL,
  position int NOT NULL,
  state text NOT NULL CHECK (state IN ('running', 'started', 'finished', 'not_applied')),
  statement_sha256 char(64),
  server_id text NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  ${ADDED} text,
  PRIMARY KEY (run_item_id, direction)
)`;
}

/** What there is of one table. */
export interface TableState {
  exists: boolean;
  takesCheckpoints: boolean;
  /** Why it is not ours. */
  foreign?: string;
  /** Privileges that the account lacks. */
  missing: string[];
}

export interface TablesState {
  history: TableState;
  ledger: TableState;
  schemaExists: boolean;
  mayCreate: boolean;
  /** Changes when a table is dropped, made anew, or given triggers, rules or row security. */
  signature: string;
}

/** What the signature of the tables is made of; an expression over `pg_class c`. */
const SIGNATURE = `pg_catalog.concat_ws(':', c.relname, c.oid, c.relkind, c.relhasrules, c.relhastriggers, c.relrowsecurity, c.relispartition)`;

const ALL_SIGNATURES = `pg_catalog.string_agg(${SIGNATURE}, ' ' ORDER BY c.relname COLLATE "C")`;

const signatureQuery = ({ schema, history, ledger }: TableNames) => `
    SELECT ${ALL_SIGNATURES}
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ${escapeLiteral(schema)}
      AND c.relname IN (${escapeLiteral(history)}, ${escapeLiteral(ledger)})`;

/**
 * Whether the tables still are what they were, as an expression: what bears
 * their names now has the signature of then. It stands in every write of ours,
 * so it looks the names up instead of searching the catalogs for them.
 */
export function tablesIntact(
  { historySql, ledgerSql }: TableNames,
  signature: string,
): string {
  const named = [historySql, ledgerSql].map(
    name => `to_regclass(${escapeLiteral(name)})::oid`,
  );
  return `coalesce((
    SELECT ${ALL_SIGNATURES}
    FROM pg_class c WHERE c.oid IN (${named.join(', ')})) = ${escapeLiteral(
    signature,
  )}, false)`;
}

/** Reads the catalogs only; changes nothing. */
export async function inspectTables(
  wire: Wire,
  names: TableNames,
): Promise<TablesState> {
  const schema = escapeLiteral(names.schema);
  const [{ rows }] = await wire.ask(`
SELECT
  (SELECT true FROM pg_catalog.pg_namespace WHERE nspname = ${schema}) AS schema_exists,
  (SELECT pg_catalog.has_schema_privilege(oid, 'CREATE') FROM pg_catalog.pg_namespace WHERE nspname = ${schema}) AS may_create,
  (${signatureQuery(names)}) AS signature,
  (SELECT pg_catalog.json_object_agg(c.relname, pg_catalog.json_build_object(
     'kind', c.relkind,
     'columns', (SELECT pg_catalog.json_object_agg(a.attname, pg_catalog.format_type(a.atttypid, NULL))
        FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
     'key', (SELECT pg_catalog.string_agg(a.attname, ',' ORDER BY a.attname)
        FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
        WHERE i.indrelid = c.oid AND i.indisprimary),
     'missing', (SELECT pg_catalog.json_agg(p) FROM pg_catalog.unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) p
        WHERE NOT pg_catalog.has_table_privilege(c.oid, p))))
   FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = ${schema}
     AND c.relname IN (${escapeLiteral(names.history)}, ${escapeLiteral(
    names.ledger,
  )})) AS tables`);
  const [row] = rows;
  const tables = (row.tables ?? {}) as Record<string, FoundTable>;
  return {
    schemaExists: row.schema_exists === true,
    mayCreate: row.may_create === true,
    signature: String(row.signature ?? ''),
    history: stateOf(tables[names.history], HISTORY_COLUMNS, {
      key: 'migration_key',
      needed: ['SELECT', 'INSERT', 'DELETE'],
    }),
    ledger: stateOf(tables[names.ledger], LEDGER_COLUMNS, {
      key: 'direction,run_item_id',
      needed: ['SELECT', 'INSERT', 'UPDATE'],
    }),
  };
}

interface FoundTable {
  kind: string;
  columns: Record<string, string> | null;
  key: string | null;
  missing: string[] | null;
}

function stateOf(
  table: FoundTable | undefined,
  columns: Record<string, string[]>,
  { key, needed }: { key: string; needed: string[] },
): TableState {
  if (!table) {
    return { exists: false, takesCheckpoints: false, missing: [] };
  }
  return {
    exists: true,
    takesCheckpoints: ADDED in (table.columns ?? {}),
    foreign: foreignness(table, columns, key),
    missing: needed.filter(privilege => table.missing?.includes(privilege)),
  };
}

function foreignness(
  { kind, columns, key }: FoundTable,
  expected: Record<string, string[]>,
  expectedKey: string,
): string | undefined {
  if (kind !== 'r' && kind !== 'p') {
    return 'it is no table';
  }
  const found = columns ?? {};
  const odd = Object.keys(found).filter(name => !(name in expected));
  const absent = Object.keys(expected).filter(
    name => !(name in found) && name !== ADDED,
  );
  if (odd.length || absent.length) {
    return [
      odd.length ? `it has the columns ${odd.join(', ')}` : '',
      absent.length ? `it lacks ${absent.join(', ')}` : '',
    ]
      .filter(Boolean)
      .join(' and ');
  }
  for (const [name, types] of Object.entries(expected)) {
    if (name in found && !types.includes(found[name])) {
      return `its column ${name} is ${found[name]}`;
    }
  }
  return key === expectedKey
    ? undefined
    : `its primary key is not (${expectedKey})`;
}

/** Throws `HISTORY_TABLE_FOREIGN` or `HISTORY_TABLE_DENIED` where the tables cannot be used. */
function assertUsable(state: TablesState, names: TableNames): void {
  const tables = [
    [names.history, state.history],
    [names.ledger, state.ledger],
  ] as const;
  for (const [table, { foreign }] of tables) {
    if (foreign !== undefined) {
      throw new TargetError({
        code: 'HISTORY_TABLE_FOREIGN',
        message: foreignMessage(names.schema, table, foreign),
      });
    }
  }
  const denial = denialOf(state, names);
  if (denial !== undefined) {
    throw new TargetError({ code: 'HISTORY_TABLE_DENIED', message: denial });
  }
}

export function foreignMessage(
  schema: string,
  table: string,
  reason: string,
): string {
  return `The table ${schema}.${table} belongs to something else: ${reason}. Give this target another name in its setting historyTable (or another historySchema)`;
}

/** What the account may not do, with advice; undefined if all is well. */
export function denialOf(
  state: TablesState,
  { schema, history, ledger }: TableNames,
): string | undefined {
  if (!state.schemaExists) {
    return `The schema ${schema} does not exist. Create it, or name another in historySchema`;
  }
  const absent = !state.history.exists || !state.ledger.exists;
  if (absent && !state.mayCreate) {
    return `The account may not create tables in the schema ${schema}. GRANT CREATE, USAGE ON SCHEMA ${schema}, or create ${history} and ${ledger} for it`;
  }
  for (const [table, { missing }] of [
    [history, state.history],
    [ledger, state.ledger],
  ] as const) {
    if (missing.length) {
      return `The account lacks ${missing.join(
        ', ',
      )} on the table ${schema}.${table}`;
    }
  }
  return undefined;
}

/** Two sessions that create the same table at once: the loser gets one of these, and finds it made. */
const LOST_RACE = new Set(['23505', '42P07', 'XX000', '42710', '40P01']);

/** Creates what is missing; the signature of both tables, and what the ledger takes. */
export async function ensureTables(
  wire: Wire,
  names: TableNames,
): Promise<{ signature: string; takesCheckpoints: boolean }> {
  let state = await inspectTables(wire, names);
  assertUsable(state, names);
  for (let attempt = 1; !complete(state); attempt += 1) {
    try {
      await wire.ask(`${createHistory(names)};\n${createLedger(names)}`);
    } catch (error) {
      const code = error instanceof DatabaseError ? error.code ?? '' : '';
      if (!LOST_RACE.has(code) || attempt === 5) {
        throw code === '42501'
          ? serverFailure(error, { code: 'HISTORY_TABLE_DENIED' })
          : serverFailure(error);
      }
    }
    state = await inspectTables(wire, names);
    assertUsable(state, names);
  }
  const { signature, ledger } = state;
  const takesCheckpoints =
    ledger.takesCheckpoints || (await addCheckpoints(wire, names));
  return { signature, takesCheckpoints };
}

/** Whether it could: only the owner of a table may alter it. */
async function addCheckpoints(
  wire: Wire,
  { ledgerSql }: TableNames,
): Promise<boolean> {
  try {
    await wire.ask(
      `ALTER TABLE ${ledgerSql} ADD COLUMN IF NOT EXISTS ${ADDED} text`,
    );
    return true;
  } catch (error) {
    const code = error instanceof DatabaseError ? error.code ?? '' : '';
    // Somebody reads the table for long, or another session was quicker: the next run tries again.
    if (code === '42501' || code === '55P03' || LOST_RACE.has(code)) {
      return false;
    }
    throw serverFailure(error);
  }
}

function complete({ history, ledger }: TablesState): boolean {
  return history.exists && ledger.exists;
}
