import { TransactionMode } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { PlannedStatement } from '../plan';
import { TargetConnection, TargetDriver } from '../TargetDriver';
import { TestServer } from './testServer';

/** A database made for one test. @public */
export interface TestDatabase {
  /** How a driver gets in, with the default `historyTable: 'migrations'` and TLS disabled. */
  connection: TargetConnection;
  /** Runs one statement as the administrator, in this database; column names as the server gives them. */
  query(sql: string): Promise<Record<string, unknown>[]>;
  /** Ends that session from outside, as an administrator would. */
  killSession(pid: string): Promise<void>;
  /** Whether that session is executing a statement right now. */
  isBusy(pid: string): Promise<boolean>;
  /** Whether that session exists at all. */
  isAlive(pid: string): Promise<boolean>;
  /** Drops the database and closes the administrator's connection. */
  drop(): Promise<void>;
}

/**
 * One statement that harms the session it runs in.
 *
 * @remarks
 * `restored`: it is no fault, and what the driver writes afterwards still goes
 * to its own tables, as the account that connected. `damaged`: the driver
 * notices, at the latest at its next write or at COMMIT, throws
 * `SESSION_DAMAGED`, and nothing of the item is recorded. `refused`: the server
 * itself answers with an error.
 *
 * @public
 */
export interface PoisonSample {
  story: string;
  /** Run as administrator before. */
  setup?: string[];
  sql: string[];
  inTransaction: boolean;
  outcome: 'restored' | 'damaged' | 'refused';
}

/** @public */
export interface PlanSample {
  story: string;
  sql: string;
  mode: TransactionMode;
  expected: {
    mode: 'single_transaction' | 'stepwise';
    /** `[first, last, transactional]` of each unit. */
    units: Array<[number, number, boolean]>;
  };
}

/**
 * A script that must be refused before anything runs.
 *
 * @remarks
 * Codes that every driver uses, so that a refusal reads the same everywhere:
 * `INVALID_CHARACTER` (NUL, lone CR, bidirectional and zero-width characters
 * outside literals), `UNTERMINATED` (quote, comment, parenthesis, body),
 * `CLIENT_COMMAND` (`\\i`, `GO`, `DELIMITER` where it is not understood),
 * `COPY_STDIN`, `FORBIDDEN_SETTING`, `FORBIDDEN_STATEMENT` (`USE`, `XA`, …),
 * `TRANSACTION_CONTROL`, `PROTECTED_TABLE`, `LOCK_FUNCTION`,
 * `NOT_TRANSACTIONAL` (cannot be in the one transaction asked for),
 * `NEEDS_TRANSACTION` (`LOCK TABLE` and the like on their own). Warnings:
 * `SPLIT_NOT_VERIFIED`, `MAY_COMMIT`, `VERSION_COMMENT`, `NOT_ATOMIC`.
 *
 * @public
 */
export interface RefusalSample {
  story: string;
  sql: string;
  mode?: TransactionMode;
  code: string;
  line: number;
}

/** What differs from engine to engine. @public */
export interface DriverSamples {
  /** A statement of about thirty seconds that can be canceled. */
  slow: string;
  /** A statement of about two seconds that waits for nobody. */
  brief: string;
  /** The table is `widgets (id int primary key, name varchar(100))`. */
  /** A million rows of a kilobyte each. */
  gigabyte: string;
  failing: { sql: string; sqlState: string; position?: number };
  poison: PoisonSample[];
  plans: PlanSample[];
  refusals: RefusalSample[];
  /** Statements whose traces a person can be shown; `widgets` is there. */
  probes: Array<{
    setup: string[];
    sql: string;
    findings: Array<{ check: RegExp; result: RegExp }>;
  }>;
  /** What a statement leaves in its session for later ones. */
  leavings: Array<{ sql: string; leaves: PlannedStatement['leaves'] }>;
}

/** @public */
export interface DriverConformanceOptions {
  /** Of the server flavour, e.g. `MariaDB`; names the suite. */
  name: string;
  /** Undefined where the server cannot be had: the suite is skipped. */
  server: TestServer | undefined;
  createDriver(): TargetDriver;
  /** An empty database with a random name. */
  createDatabase(): Promise<TestDatabase>;
  samples: DriverSamples;
}
