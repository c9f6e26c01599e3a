import { escapeId } from 'mysql2';
import { TargetError } from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { asDriverError, isLost, SERVER_ERROR, serverError } from './errors';
import { misreadingModes, ServerFacts } from './facts';
import { lockLiteral } from './lock';
import { Tables } from './tables';
import { StatementOutcome, TextRow, Wire } from './wire';

const SAVEPOINT = 'migrate_hub';

/**
 * Statements that cannot hide our tables behind temporary ones of the same name:
 * the preflight has seen the names in them, and they run no dynamic SQL.
 */
const HARMLESS = new Set([
  'INSERT',
  'UPDATE',
  'DELETE',
  'REPLACE',
  'SELECT',
  'SET',
  'ALTER',
  'DROP',
]);

/**
 * Sees to it that nothing of ours is written in a session that a script has
 * harmed. Looks only when a statement of the script ran since the last look.
 */
export class Guard {
  readonly #wire: Wire;
  readonly #facts: ServerFacts;
  readonly #tables: Tables;
  #isDirty = false;
  #inTransaction = false;
  #hasSavepoint = false;
  /** As the reply to the last statement of the script said; undefined where it did not. */
  #open: boolean | undefined;
  #mayHideTables = false;
  #roleOfScript: string | undefined;
  #damage: TargetError | undefined;

  constructor(wire: Wire, facts: ServerFacts, tables: Tables) {
    this.#wire = wire;
    this.#facts = facts;
    this.#tables = tables;
  }

  get inTransaction(): boolean {
    return this.#inTransaction;
  }

  /** The script runs as another role; our own statements do not. */
  get hasRoleOfScript(): boolean {
    return this.#roleOfScript !== undefined;
  }

  /** START TRANSACTION would commit what is open without a word: look first. */
  async begin(): Promise<void> {
    await this.assertSound();
    await this.#wire.rows('START TRANSACTION');
    this.#inTransaction = true;
    this.#hasSavepoint = false;
  }

  ended(): void {
    this.#inTransaction = false;
    this.#hasSavepoint = false;
    this.#open = undefined;
  }

  /** Puts back what the script had set and we had restored for ourselves. */
  async beforeStatement(): Promise<void> {
    if (this.#roleOfScript !== undefined) {
      await this.#wire.rows(`SET ROLE ${this.#roleOfScript}`);
      this.#roleOfScript = undefined;
    }
    if (this.#inTransaction && !this.#hasSavepoint) {
      // Gone as soon as anything commits, also if a new transaction follows.
      await this.#wire.rows(`SAVEPOINT ${SAVEPOINT}`);
      this.#hasSavepoint = true;
    }
  }

  afterStatement(sql: string, outcome: StatementOutcome | undefined): void {
    this.#isDirty = true;
    this.#open = outcome?.inTransaction;
    const [word] = /^\w+/.exec(sql) ?? [''];
    this.#mayHideTables ||=
      !HARMLESS.has(word.toUpperCase()) || /^SET\s+STATEMENT/i.test(sql);
  }

  /**
   * Throws `SESSION_DAMAGED`, naming all that is wrong. A session that was found
   * damaged stays so: what showed it may be gone at the second look.
   */
  async assertSound(): Promise<void> {
    if (this.#damage) {
      throw this.#damage;
    }
    if (!this.#isDirty) {
      return;
    }
    try {
      await this.#look();
    } catch (error) {
      this.#damage = damaged(error);
      throw this.#damage;
    }
    this.#isDirty = false;
    this.#mayHideTables = false;
  }

  async #look(): Promise<void> {
    const faults: string[] = [];
    if (!(await this.#isTransactionAsExpected())) {
      faults.push(
        this.#inTransaction
          ? 'the transaction was ended'
          : 'a transaction was left open',
      );
    }
    const gtid = this.#facts.gtids ? '@@session.gtid_next' : 'NULL';
    const [state] = await this.#wire.rows(
      `SELECT ${gtid} AS gtid, IS_USED_LOCK(${lockLiteral(
        this.#facts.schema,
      )}) = CONNECTION_ID() AS held, @@session.autocommit AS autocommit, @@session.completion_type AS completion, @@session.sql_log_bin AS logged, @@session.sql_mode AS mode, @@session.character_set_client AS client, @@session.character_set_connection AS conn, @@session.character_set_results AS results, DATABASE() AS db, CURRENT_ROLE() AS role`,
    );
    faults.push(...faultsOf(state));
    if (this.#mayHideTables) {
      faults.push(...(await this.#hiddenTables()));
    }
    if (faults.length > 0) {
      throw new TargetError({
        code: 'SESSION_DAMAGED',
        message: `The script has harmed its session: ${faults.join('; ')}`,
      });
    }
    await this.#restore(state);
  }

  async #isTransactionAsExpected(): Promise<boolean> {
    if (!this.#inTransaction) {
      this.#open ??= (await this.#wire.run('DO 0')).inTransaction;
      return this.#open === false;
    }
    if (!this.#hasSavepoint) {
      return true;
    }
    this.#hasSavepoint = false;
    try {
      const { inTransaction } = await this.#wire.run(
        `RELEASE SAVEPOINT ${SAVEPOINT}`,
      );
      return inTransaction === true;
    } catch (error) {
      if (asDriverError(error).errno === SERVER_ERROR.savepointMissing) {
        return false;
      }
      throw error;
    }
  }

  async #hiddenTables(): Promise<string[]> {
    const faults: string[] = [];
    for (const table of [this.#tables.history, this.#tables.ledger]) {
      const [row] = await this.#wire.rows(`SHOW CREATE TABLE ${table}`);
      if (/^CREATE TEMPORARY/i.test(row['Create Table'] ?? '')) {
        faults.push(`a temporary table hides ${table}`);
      }
    }
    return faults;
  }

  async #restore(state: TextRow): Promise<void> {
    const { schema, role } = this.#facts;
    if (state.db !== schema && state.db?.toLowerCase() !== schema) {
      await this.#wire.rows(`USE ${escapeId(schema, true)}`);
    }
    const charsets = [state.client, state.conn, state.results];
    if (charsets.some(charset => charset !== 'utf8mb4')) {
      await this.#wire.rows('SET NAMES utf8mb4');
    }
    const current = state.role ?? 'NONE';
    if (current !== role && `\`${current}\`` !== role) {
      this.#roleOfScript =
        this.#facts.flavour === 'MariaDB' && current !== 'NONE'
          ? escapeId(current, true)
          : current;
      await this.#wire.rows(`SET ROLE ${role}`);
    }
  }
}

function faultsOf(state: TextRow): string[] {
  const modes = misreadingModes(state.mode ?? '');
  return [
    state.held !== '1' && 'the lock of the database is no longer held',
    state.autocommit !== '1' && 'autocommit is off',
    state.completion !== 'NO_CHAIN' && `completion_type is ${state.completion}`,
    state.logged !== '1' && 'sql_log_bin is off',
    state.gtid !== null &&
      !state.gtid.startsWith('AUTOMATIC') &&
      `gtid_next is ${state.gtid}`,
    modes.length > 0 && `sql_mode has ${modes.join(' and ')}`,
  ].filter(fault => fault !== false);
}

/** Whatever keeps us from looking or writing is damage too, unless the line is dead. */
export function damaged(error: unknown): TargetError {
  if (error instanceof TargetError) {
    return error;
  }
  const found = asDriverError(error);
  return isLost(found)
    ? serverError('CONNECTION_LOST', found)
    : serverError('SESSION_DAMAGED', found, {
        prefix: 'The script has harmed its session: ',
      });
}
