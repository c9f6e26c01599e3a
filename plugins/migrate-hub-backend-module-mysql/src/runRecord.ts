import {
  HistoryChange,
  HistoryRow,
  LedgerRow,
  TargetError,
  TargetRecord,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { asDriverError, isDenied, SERVER_ERROR, serverError } from './errors';
import { damaged, Guard } from './guard';
import { recordOf, Tables } from './tables';
import { StatementOutcome, TextRow, Wire } from './wire';

/** What the hub keeps in the target, read and written by one session under its guard. */
export class RunRecord {
  readonly #wire: Wire;
  readonly #guard: Guard;
  readonly #tables: Tables;
  /** Ledger rows that this session has seen or written: they must still be there. */
  readonly #known = new Set<string>();
  /** Of those, the ones that the open transaction made. */
  readonly #uncommitted = new Set<string>();

  #started: LedgerRow | undefined;

  constructor(wire: Wire, guard: Guard, tables: Tables) {
    this.#wire = wire;
    this.#guard = guard;
    this.#tables = tables;
  }

  /** The row as it stands, if it says that a statement is about to be sent. */
  get started(): LedgerRow | undefined {
    return this.#started;
  }

  async read(ask: {
    migrationKey: string;
    runItemId: string;
    direction: LedgerRow['direction'];
  }): Promise<TargetRecord> {
    const [row] = await this.#rows(this.#tables.recordSql(ask));
    const record = recordOf(row);
    if (record.own) {
      this.#known.add(keyOf(record.own));
    }
    return record;
  }

  async writeLedger(row: LedgerRow): Promise<void> {
    this.#started = undefined;
    await this.#writeRow(row);
    if (row.state === 'started') {
      this.#started = row;
    }
  }

  async #writeRow(row: LedgerRow): Promise<void> {
    const key = keyOf(row);
    if (this.#known.has(key)) {
      await this.#updateLedger(row);
      return;
    }
    try {
      await this.#change(this.#tables.insertLedgerSql(row));
      if (this.#guard.inTransaction) {
        this.#uncommitted.add(key);
      }
    } catch (error) {
      if (!isDuplicate(error)) {
        throw error;
      }
      await this.#updateLedger(row);
    }
    this.#known.add(key);
  }

  /** Two or three statements, so only where a transaction makes them one. */
  async writeRecord(
    ledger: LedgerRow,
    { remove, insert }: HistoryChange,
  ): Promise<void> {
    if (!this.#guard.inTransaction) {
      throw new TargetError({
        code: 'SESSION_DAMAGED',
        message: 'The record is written in a transaction only',
      });
    }
    await this.writeLedger(ledger);
    if (remove) await this.#deleteHistory(remove);
    if (insert) await this.#insertHistory(insert);
  }

  async #insertHistory(row: HistoryRow): Promise<void> {
    try {
      await this.#change(this.#tables.insertHistorySql(row));
    } catch (error) {
      throw isDuplicate(error)
        ? historyChanged(
            `There is a history row for ${row.migrationKey} already`,
          )
        : error;
    }
  }

  async #deleteHistory(row: {
    migrationKey: string;
    checksumUp: string;
  }): Promise<void> {
    const sql = this.#tables.deleteHistorySql(row);
    const { affectedRows } = await this.#change(sql);
    if (affectedRows !== 1) {
      throw historyChanged(
        `The history row of ${row.migrationKey} is gone or has another checksum`,
      );
    }
  }

  committed(): void {
    this.#uncommitted.clear();
  }

  rolledBack(): void {
    for (const key of this.#uncommitted) {
      this.#known.delete(key);
    }
    this.#uncommitted.clear();
  }

  async #updateLedger(row: LedgerRow): Promise<void> {
    const sql = this.#tables.updateLedgerSql(row);
    const { affectedRows } = await this.#change(sql);
    if (affectedRows !== 1) {
      throw new TargetError({
        code: 'SESSION_DAMAGED',
        message:
          'The ledger row of this run item is gone, or a later attempt has taken it over',
      });
    }
  }

  async #rows(sql: string): Promise<TextRow[]> {
    await this.#guard.assertSound();
    return this.#wire.rows(sql).catch(error => {
      throw recordError(error);
    });
  }

  async #change(sql: string): Promise<StatementOutcome> {
    await this.#guard.assertSound();
    return this.#wire.run(sql).catch(error => {
      throw recordError(error);
    });
  }
}

function keyOf({ runItemId, direction }: LedgerRow): string {
  return `${runItemId} ${direction}`;
}

function isDuplicate(error: unknown): boolean {
  return (
    error instanceof TargetError &&
    error.sqlState === String(SERVER_ERROR.duplicateEntry)
  );
}

function historyChanged(message: string): TargetError {
  return new TargetError({ code: 'HISTORY_CHANGED', message });
}

/** Our tables are gone or changed, or the session cannot reach them. */
const DAMAGE = new Set<number | undefined>([
  SERVER_ERROR.unknownDatabase,
  SERVER_ERROR.unknownTable,
  SERVER_ERROR.unknownColumn,
  SERVER_ERROR.noSuchTable,
  SERVER_ERROR.tableNotLocked,
  SERVER_ERROR.readLocked,
  SERVER_ERROR.readOnlyTransaction,
  SERVER_ERROR.columnCount,
  SERVER_ERROR.noDefault,
  SERVER_ERROR.wrongValue,
  SERVER_ERROR.tooLong,
]);

function recordError(error: unknown): TargetError {
  const found = asDriverError(error);
  if (error instanceof TargetError || DAMAGE.has(found.errno)) {
    return damaged(error);
  }
  const code = isDenied(found) ? 'HISTORY_TABLE_DENIED' : 'STATEMENT_FAILED';
  return serverError(code, found, {
    prefix: "The hub's own record could not be written: ",
  });
}
