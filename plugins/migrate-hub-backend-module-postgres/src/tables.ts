import { DatabaseError, escapeIdentifier, escapeLiteral } from 'pg';
import {
  TargetConnection,
  TargetError,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { serverFailure } from './errors';
import { Row, Wire } from './Wire';

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

/** What the signature of a table is made of; an expression over `pg_class c`. */
const SIGNATURE = `pg_catalog.concat_ws(':', c.relname, c.oid, c.relkind, c.relhasrules, c.relhastriggers, c.relrowsecurity, c.relispartition)`;

/** Of both tables, in this order. */
const SEPARATOR = ' ';

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
    SELECT pg_catalog.string_agg(${SIGNATURE}, '${SEPARATOR}' ORDER BY c.relname COLLATE "C")
    FROM pg_class c WHERE c.oid IN (${named.join(', ')})) = ${escapeLiteral(
    signature,
  )}, false)`;
}

/**
 * What {@link toTablesState} reads; changes nothing. A row for each column of
 * each table, or one without if there is only the schema: a session is new and
 * its catalogs are cold, and to have the server build JSON of it takes twice as
 * long.
 */
export function tablesQuery({ schema, history, ledger }: TableNames): string {
  return `
SELECT n.nspname, pg_catalog.has_schema_privilege(n.oid, 'CREATE') AS may_create,
  c.relname, c.relkind, ${SIGNATURE} AS signature,
  pg_catalog.has_table_privilege(c.oid, 'SELECT') AS may_select,
  pg_catalog.has_table_privilege(c.oid, 'INSERT') AS may_insert,
  pg_catalog.has_table_privilege(c.oid, 'UPDATE') AS may_update,
  pg_catalog.has_table_privilege(c.oid, 'DELETE') AS may_delete,
  a.attname, pg_catalog.format_type(a.atttypid, NULL) AS type, a.attnum = ANY (i.indkey) AS in_key
FROM pg_catalog.pg_namespace n
LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid
  AND c.relname IN (${escapeLiteral(history)}, ${escapeLiteral(ledger)})
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_catalog.pg_index i ON i.indrelid = c.oid AND i.indisprimary
WHERE n.nspname = ${escapeLiteral(schema)}`;
}

/** As the collation "C" has it. */
const inBytes = (left: string, right: string): number =>
  Buffer.compare(Buffer.from(left), Buffer.from(right));

/** @param rows - of {@link tablesQuery} */
export function toTablesState(rows: Row[], names: TableNames): TablesState {
  const history = rows.filter(row => row.relname === names.history);
  const ledger = rows.filter(row => row.relname === names.ledger);
  const signatures = [history, ledger]
    .flatMap(([row]) => (row ? [row] : []))
    .sort((left, right) => inBytes(String(left.relname), String(right.relname)))
    .map(row => row.signature);
  return {
    schemaExists: rows.length > 0,
    mayCreate: rows[0]?.may_create === true,
    signature: signatures.join(SEPARATOR),
    history: stateOf(history, HISTORY_COLUMNS, {
      key: 'migration_key',
      needed: ['SELECT', 'INSERT', 'DELETE'],
    }),
    ledger: stateOf(ledger, LEDGER_COLUMNS, {
      key: 'direction,run_item_id',
      needed: ['SELECT', 'INSERT', 'UPDATE'],
    }),
  };
}

/** Reads the catalogs only; changes nothing. */
export async function inspectTables(
  wire: Wire,
  names: TableNames,
): Promise<TablesState> {
  const [{ rows }] = await wire.ask(tablesQuery(names));
  return toTablesState(rows, names);
}

function stateOf(
  rows: Row[],
  columns: Record<string, string[]>,
  { key, needed }: { key: string; needed: string[] },
): TableState {
  const [table] = rows;
  if (!table) {
    return { exists: false, takesCheckpoints: false, missing: [] };
  }
  const found = new Map(
    rows.flatMap(({ attname, type }) =>
      attname ? [[String(attname), String(type)] as const] : [],
    ),
  );
  const keyOf = rows
    .filter(row => row.in_key === true)
    .map(row => String(row.attname))
    .sort()
    .join(',');
  return {
    exists: true,
    takesCheckpoints: found.has(ADDED),
    foreign: foreignness(String(table.relkind), found, columns, {
      found: keyOf,
      expected: key,
    }),
    missing: needed.filter(
      privilege => table[`may_${privilege.toLowerCase()}`] !== true,
    ),
  };
}

function foreignness(
  kind: string,
  found: Map<string, string>,
  expected: Record<string, string[]>,
  key: { found: string; expected: string },
): string | undefined {
  if (kind !== 'r' && kind !== 'p') {
    return 'it is no table';
  }
  const odd = [...found.keys()].filter(name => !(name in expected));
  const absent = Object.keys(expected).filter(
    name => !found.has(name) && name !== ADDED,
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
    const type = found.get(name);
    if (type !== undefined && !types.includes(type)) {
      return `its column ${name} is ${type}`;
    }
  }
  return key.found === key.expected
    ? undefined
    : `its primary key is not (${key.expected})`;
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

/**
 * Creates what is missing; the signature of both tables, and what the ledger takes.
 *
 * @param found - what there is, as this session has just seen it
 */
export async function ensureTables(
  wire: Wire,
  names: TableNames,
  found: TablesState,
): Promise<{ signature: string; takesCheckpoints: boolean }> {
  let state = found;
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
