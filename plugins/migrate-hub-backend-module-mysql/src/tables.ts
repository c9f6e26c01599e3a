import { escape, escapeId } from 'mysql2';
import {
  HistoryRow,
  LedgerRow,
  LedgerState,
  MOST_CHECKPOINTS,
  TargetError,
  TargetRecord,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { asDriverError, isDenied, SERVER_ERROR, serverError } from './errors';
import { isoTime, ServerFacts } from './facts';
import { TextRow, Wire } from './wire';

const KEY = 'varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL';
const OPTIONS =
  'ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin';

/** Name, type as information_schema gives it, and the rest of the definition. */
const HISTORY: Array<[string, RegExp, string]> = [
  ['migration_key', /^varchar\(255\)$/, KEY],
  ['checksum_up', /^char\(64\)$/, 'char(64) NOT NULL'],
  ['checksum_down', /^char\(64\)$/, 'char(64) NULL'],
  ['applied_at', /^(datetime|timestamp)/, 'datetime(6) NOT NULL'],
  ['applied_by', /^varchar/, 'varchar(320) NOT NULL'],
  ['tool_run_id', /^(var)?char/, 'varchar(64) NOT NULL'],
];
const LEDGER: Array<[string, RegExp, string]> = [
  ['run_item_id', /^varchar/, 'varchar(64) NOT NULL'],
  ['direction', /^varchar/, 'varchar(8) NOT NULL'],
  ['migration_key', /^varchar\(255\)$/, KEY],
  ['run_id', /^varchar/, 'varchar(64) NOT NULL'],
  ['plan_hash', /^char\(64\)$/, 'char(64) NOT NULL'],
  ['attempt', /^int/, 'int NOT NULL'],
  ['position', /^int/, 'int NOT NULL'],
  ['state', /^varchar/, 'varchar(16) NOT NULL'],
  ['statement_sha256', /^char\(64\)$/, 'char(64) NULL'],
  ['proof', /^varchar/, 'varchar(255) NULL'],
  ['server_id', /^varchar/, 'varchar(255) NOT NULL'],
  ['updated_at', /^datetime/, 'datetime(6) NOT NULL'],
  ['checkpoint', /^(varchar|text)/, 'varchar(1000) NULL'],
];

/** Columns that ledgers of the first version have not. */
const ADDED = new Set(['proof', 'checkpoint']);

type Columns = typeof HISTORY;

/** Which of the two tables are there. */
export interface FoundTables {
  history: boolean;
  ledger: boolean;
  /** The columns that an older ledger lacks. */
  lacking: string[];
}

/** History and ledger of one target: their names, their shape, their SQL. */
export class Tables {
  readonly #schema: string;
  readonly #foldsCase: boolean;
  /** The account may not give it to an older ledger: goes without. */
  #takesCheckpoints = true;
  readonly historyName: string;
  readonly ledgerName: string;
  /** Qualified and quoted. */
  readonly history: string;
  readonly ledger: string;

  constructor(
    facts: Pick<ServerFacts, 'schema' | 'foldsCase'>,
    historyTable: string,
  ) {
    this.#schema = facts.schema;
    this.#foldsCase = facts.foldsCase;
    this.historyName = historyTable;
    this.ledgerName = `${historyTable}_ledger`;
    this.history = this.#qualified(this.historyName);
    this.ledger = this.#qualified(this.ledgerName);
  }

  /** Creates what is missing. Looks before it creates: creating needs the privilege even for nothing. */
  async prepare(wire: Wire): Promise<void> {
    const found = await this.check(wire);
    if (found.history && found.ledger && found.lacking.length === 0) {
      return;
    }
    try {
      if (!found.history) {
        await wire.rows(create(this.history, HISTORY, '`migration_key`'));
      }
      for (const [column, , definition] of LEDGER) {
        if (!found.lacking.includes(column)) continue;
        const added = addColumn(
          wire,
          this.ledger,
          `\`${column}\` ${definition}`,
        );
        await (column === 'checkpoint' ? this.#ifMay(added) : added);
      }
      if (!found.ledger) {
        await wire.rows(
          create(
            this.ledger,
            LEDGER,
            '`run_item_id`, `direction`',
            '`migration_key`',
          ),
        );
      }
    } catch (error) {
      throw ownError(
        error,
        `The hub could not create its tables ${this.history} and ${this.ledger}, or bring them up to date`,
      );
    }
    await this.check(wire);
  }

  async #ifMay(added: Promise<void>): Promise<void> {
    try {
      await added;
    } catch (error) {
      const found = asDriverError(error);
      // Busy is no reason either: the next run tries again.
      const isBusy = found.errno === SERVER_ERROR.lockWaitTimeout;
      if (!isBusy && !isDenied(found)) throw error;
      this.#takesCheckpoints = false;
    }
  }

  /** Which of the two are there. Throws `HISTORY_TABLE_FOREIGN` if one is not ours. */
  async check(wire: Wire): Promise<FoundTables> {
    try {
      const tables = await wire.rows(
        this.#look('TABLES', 'TABLE_NAME AS name, ENGINE AS engine'),
      );
      if (tables.length === 0) {
        return { history: false, ledger: false, lacking: [] };
      }
      const columns = await wire.rows(
        this.#look(
          'COLUMNS',
          'TABLE_NAME AS name, COLUMN_NAME AS col, COLUMN_TYPE AS type, COLUMN_KEY AS indexed, COLLATION_NAME AS collation',
        ),
      );
      const history = this.#find(this.historyName, HISTORY, tables, columns);
      const ledger = this.#find(this.ledgerName, LEDGER, tables, columns);
      return {
        history: history !== undefined,
        ledger: ledger !== undefined,
        lacking: ledger ?? [],
      };
    } catch (error) {
      throw ownError(error, 'The hub could not look for its tables');
    }
  }

  /** By equality and without joins: in any other form MariaDB opens every table there is. */
  #look(view: 'TABLES' | 'COLUMNS', columns: string): string {
    return [this.historyName, this.ledgerName]
      .map(
        name =>
          `SELECT ${columns} FROM information_schema.${view} WHERE TABLE_SCHEMA = ${escape(
            this.#schema,
          )} AND TABLE_NAME = ${escape(name)}`,
      )
      .join(' UNION ALL ');
  }

  /** The columns it lacks, if it is there. */
  #find(
    name: string,
    expected: Columns,
    tables: TextRow[],
    allColumns: TextRow[],
  ): string[] | undefined {
    const fold = (text: string | null) =>
      this.#foldsCase ? (text ?? '').toLowerCase() : text;
    const isIt = (row: TextRow) => fold(row.name) === fold(name);
    const table = tables.find(isIt);
    if (!table) {
      return undefined;
    }
    const columns = allColumns.filter(isIt);
    const lacking = expected
      .map(([column]) => column)
      .filter(column => !columns.some(({ col }) => col === column));
    const fits =
      columns.length + lacking.length === expected.length &&
      lacking.every(column => ADDED.has(column)) &&
      expected.every(
        ([column, type]) =>
          lacking.includes(column) ||
          columns.some(row => row.col === column && type.test(row.type ?? '')),
      );
    const key = columns.find(({ col }) => col === 'migration_key');
    const isBinary = key?.collation?.endsWith('_bin');
    const isInnoDb = table.engine?.toLowerCase() === 'innodb';
    const isIndexed = columns.some(({ indexed }) => indexed === 'PRI');
    if (!fits || !isBinary || !isInnoDb || !isIndexed) {
      throw this.#foreign(name, table, columns);
    }
    return lacking;
  }

  #foreign(name: string, table: TextRow, columns: TextRow[]): TargetError {
    const has = columns.map(({ col }) => col).join(', ');
    const engine = table.engine ?? 'no engine, a view';
    return new TargetError({
      code: 'HISTORY_TABLE_FOREIGN',
      message: `The table ${name} in this database is not the hub's (${engine}, columns ${has}): another tool may own it. Nothing was touched. Set historyTable of this target to a name that is free`,
    });
  }

  recordSql(ask: {
    migrationKey: string;
    runItemId: string;
    direction: string;
  }): string {
    const own = ledgerColumns('own');
    const other = ledgerColumns('other');
    const key = escape(ask.migrationKey);
    const item = escape(ask.runItemId);
    // One row always comes, and each join has an index of its own.
    return `SELECT h.*, ${own}, ${other} FROM (SELECT 1 AS one) AS always LEFT JOIN ${
      this.history
    } h ON h.migration_key = ${key} LEFT JOIN ${
      this.ledger
    } own ON own.run_item_id = ${item} AND own.direction = ${escape(
      ask.direction,
    )} LEFT JOIN ${
      this.ledger
    } other ON other.migration_key = ${key} AND other.run_item_id <> ${item} AND other.state IN ('running', 'started') LIMIT 1`;
  }

  /** The highest number that any row holds in a proof that begins so. */
  lastProofSql(prefix: string): string {
    return `SELECT MAX(CAST(SUBSTRING_INDEX(SUBSTR(proof, ${
      prefix.length + 1
    }), ' ', 1) AS UNSIGNED)) AS last FROM ${
      this.ledger
    } WHERE proof LIKE ${escape(`${prefix}%`)}`;
  }

  historySql(migrationKey: string): string {
    return `SELECT * FROM ${this.history} WHERE migration_key = ${escape(
      migrationKey,
    )}`;
  }

  /** A page in the order of the keys' bytes: utf8mb4_bin compares them so. */
  historyPageSql(page: { after?: string; limit: number }): string {
    const beyond =
      page.after === undefined
        ? ''
        : ` WHERE migration_key > ${escape(page.after)}`;
    return `SELECT * FROM ${
      this.history
    }${beyond} ORDER BY migration_key LIMIT ${Math.trunc(page.limit)}`;
  }

  insertHistorySql(row: HistoryRow): string {
    return `INSERT INTO ${
      this.history
    } (migration_key, checksum_up, checksum_down, applied_at, applied_by, tool_run_id) VALUES (${escape(
      [row.migrationKey, row.checksumUp, row.checksumDown ?? null],
    )}, UTC_TIMESTAMP(6), ${escape([row.appliedBy, row.toolRunId])})`;
  }

  deleteHistorySql(row: { migrationKey: string; checksumUp: string }): string {
    return `DELETE FROM ${this.history} WHERE migration_key = ${escape(
      row.migrationKey,
    )} AND checksum_up = ${escape(row.checksumUp)}`;
  }

  insertLedgerSql(row: LedgerRow): string {
    const values = this.#ledgerValues(row);
    const names = Object.keys(values).map(name => `\`${name}\``);
    return `INSERT INTO ${this.ledger} (${names.join(
      ', ',
    )}, updated_at) VALUES (${escape(
      Object.values(values),
    )}, UTC_TIMESTAMP(6))`;
  }

  /** Hits nothing if a later attempt has taken the row over. */
  updateLedgerSql(row: LedgerRow): string {
    const { run_item_id, direction, ...values } = this.#ledgerValues(row);
    const sets = Object.entries(values).map(
      ([name, value]) => `\`${name}\` = ${escape(value)}`,
    );
    return `UPDATE ${this.ledger} SET ${sets.join(
      ', ',
    )}, updated_at = UTC_TIMESTAMP(6) WHERE run_item_id = ${escape(
      run_item_id,
    )} AND direction = ${escape(direction)} AND attempt <= ${row.attempt}`;
  }

  /** Without a new checkpoint, that of an earlier attempt stays. */
  #ledgerValues(row: LedgerRow) {
    const { checkpoint } = row;
    const keeps = this.#takesCheckpoints && checkpoint !== undefined;
    return { ...ledgerValues(row), ...(keeps && { checkpoint }) };
  }

  /** The newest first. */
  checkpointsSql(): string {
    return `SELECT \`checkpoint\` FROM ${this.ledger} WHERE \`checkpoint\` IS NOT NULL ORDER BY updated_at DESC LIMIT ${MOST_CHECKPOINTS}`;
  }

  #qualified(name: string): string {
    return `${escapeId(this.#schema, true)}.${escapeId(name, true)}`;
  }
}

function create(
  table: string,
  columns: Columns,
  primary: string,
  index?: string,
): string {
  const parts = columns.map(
    ([name, , definition]) => `\`${name}\` ${definition}`,
  );
  parts.push(`PRIMARY KEY (${primary})`);
  if (index) {
    parts.push(`KEY (${index})`);
  }
  return `CREATE TABLE IF NOT EXISTS ${table} (${parts.join(', ')}) ${OPTIONS}`;
}

/** Another session may be quicker. */
async function addColumn(
  wire: Wire,
  table: string,
  definition: string,
): Promise<void> {
  try {
    await wire.rows(`ALTER TABLE ${table} ADD COLUMN ${definition}`);
  } catch (error) {
    if (asDriverError(error).errno !== SERVER_ERROR.duplicateColumn) {
      throw error;
    }
  }
}

function ledgerValues(row: LedgerRow) {
  return {
    run_item_id: row.runItemId,
    direction: row.direction,
    migration_key: row.migrationKey,
    run_id: row.runId,
    plan_hash: row.planHash,
    attempt: row.attempt,
    position: row.position,
    state: row.state,
    statement_sha256: row.statementSha256 ?? null,
    proof: row.proof ?? null,
    server_id: row.serverId,
  };
}

export function historyOf(row: TextRow): HistoryRow {
  return {
    migrationKey: row.migration_key ?? '',
    checksumUp: row.checksum_up ?? '',
    checksumDown: row.checksum_down ?? undefined,
    appliedAt: isoTime(row.applied_at ?? ''),
    appliedBy: row.applied_by ?? '',
    toolRunId: row.tool_run_id ?? '',
  };
}

function ledgerColumns(alias: 'own' | 'other'): string {
  // An older ledger may have no checkpoints, and nobody judges by them.
  return LEDGER.filter(([name]) => name !== 'checkpoint')
    .map(([name]) => `${alias}.\`${name}\` AS ${alias}_${name}`)
    .join(', ');
}

export function recordOf(row: TextRow): TargetRecord {
  return {
    ...(row.migration_key && { history: historyOf(row) }),
    ...(row.own_run_item_id && { own: ledgerOf(row, 'own') }),
    ...(row.other_run_item_id && { unfinished: ledgerOf(row, 'other') }),
  };
}

function ledgerOf(row: TextRow, alias: 'own' | 'other'): LedgerRow {
  const value = (name: string) => row[`${alias}_${name}`] ?? '';
  return {
    runItemId: value('run_item_id'),
    direction: value('direction') === 'down' ? 'down' : 'up',
    migrationKey: value('migration_key'),
    runId: value('run_id'),
    planHash: value('plan_hash'),
    attempt: Number(value('attempt')),
    position: Number(value('position')),
    state: value('state') as LedgerState,
    statementSha256: value('statement_sha256') || undefined,
    ...(value('proof') && { proof: value('proof') }),
    serverId: value('server_id'),
  };
}

/** A failure of one of our own statements before any of the script ran. */
export function ownError(error: unknown, what: string): TargetError {
  if (error instanceof TargetError) {
    return error;
  }
  const found = asDriverError(error);
  return serverError(
    isDenied(found) ? 'HISTORY_TABLE_DENIED' : 'STATEMENT_FAILED',
    found,
    { prefix: `${what}: ` },
  );
}
