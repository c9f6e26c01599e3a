import {
  Engine,
  SqlProblem,
  TransactionMode,
  Transactional,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';

/**
 * One statement of a plan. Offsets are UTF-8 bytes into the stored SQL, end
 * exclusive, without the terminating delimiter; `line` counts from 1 and is
 * where the first byte of the statement stands.
 *
 * @public
 */
export interface PlannedStatement {
  start: number;
  end: number;
  line: number;
  /** sha256 hex of the bytes from start to end: what is sent. */
  sha256: string;
  /** First keywords, upper case, e.g. `CREATE INDEX CONCURRENTLY`. For people and logs, never for decisions. */
  kind: string;
  transactional: Transactional;
  /**
   * What it leaves in the session for later statements: plain settings (`SET`),
   * which can be replayed in another session, or something that cannot
   * (temporary tables, prepared statements, variables, locks, roles). Absent:
   * nothing.
   */
  leaves?: 'settings' | 'other';
}

/**
 * Consecutive statements that succeed or fail together. A transactional unit
 * runs in one transaction with the ledger position; any other unit is a single
 * statement sent on its own between two durable ledger marks. A script's own
 * BEGIN and COMMIT are understood and belong to no unit: they are never sent.
 *
 * @public
 */
export interface PlanUnit {
  /** Index of the first statement. */
  first: number;
  /** Index of the last statement, inclusive. */
  last: number;
  transactional: boolean;
}

/**
 * How one SQL text is cut and classified for one engine. Frozen at the request;
 * the executor slices bytes by it and never splits again.
 *
 * `single_transaction`: exactly one transactional unit (or none for a no-op
 * script), and history row and ledger row commit with it. `stepwise`: unit by
 * unit, the history row in a last small transaction.
 *
 * @public
 */
export interface Plan {
  engine: Engine;
  /** Name and version of the splitter, e.g. `postgres/1`. */
  splitter: string;
  mode: 'single_transaction' | 'stepwise';
  /** sha256 hex of the whole SQL. */
  checksum: string;
  statements: PlannedStatement[];
  units: PlanUnit[];
}

/** @public */
export interface PlanRequest {
  /** The stored SQL: valid UTF-8, LF line ends. */
  sql: string;
  mode: TransactionMode;
  /** Names of our own tables (history, ledger), which a script may not touch. */
  protectedTables: string[];
}

/**
 * What a driver makes of a script. `plan` is absent exactly if a problem with
 * severity `error` is present; `statements` is what could be told apart so far,
 * so that an editor can mark it.
 *
 * @public
 */
export interface PlanResult {
  plan?: Plan;
  statements: PlannedStatement[];
  problems: SqlProblem[];
}
