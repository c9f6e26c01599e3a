import {
  ConnectionCheck,
  Engine,
  TlsOptions,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { PlanRequest, PlanResult } from './plan';

/** What the hub proves with who it is, in TLS with a target; both PEM. @public */
export interface ClientCertificate {
  /** The certificate, and those in between up to the authority if there are any. */
  certificate: string;
  /** Its private key, not encrypted. */
  key: string;
}

/** Where a target is and how to get in. Lives in memory only. @public */
export interface TargetConnection {
  /** DNS name or IP address, never a socket path. */
  host: string;
  /**
   * Says of an address behind `host` why it may not be connected to; undefined
   * if it may. A driver gets its addresses from {@link resolveAddresses}, which asks.
   */
  refuseAddress?(address: string): string | undefined;
  port: number;
  database: string;
  username: string;
  password: string;
  /** Shown to servers that ask for one. */
  clientCertificate?: ClientCertificate;
  tls: TlsOptions;
  /** Plain identifier; the ledger is `<historyTable>_ledger`. */
  historyTable: string;
  /** Postgres schema of both tables; MySQL has none. */
  historySchema?: string;
}

/**
 * Who the server is. `id` is equal for two connections exactly if they reach
 * the same database: Postgres `system_identifier/database`, MySQL
 * `server_uuid/schema` (MariaDB has no server_uuid: see the driver's README for
 * what stands in).
 *
 * @public
 */
export interface ServerIdentity {
  id: string;
  /** e.g. `PostgreSQL`, `MySQL`, `MariaDB`. */
  flavour: string;
  version: string;
}

/** The result of a connection test; never throws for what a server or network does. @public */
export interface ConnectionTestResult {
  ok: boolean;
  identity?: ServerIdentity;
  latencyMs: number;
  checks: ConnectionCheck[];
}

/** @public */
export interface ConnectOptions {
  /** Tags the session on the server, e.g. `migrate-hub <run item id> <attempt>`; at most 63 ASCII characters. */
  tag: string;
  lockTimeoutMs: number;
  /** Per user statement, 0 for none. */
  statementTimeoutMs: number;
  connectTimeoutMs: number;
  /** Receives notices and warnings; the driver bounds how many it keeps in memory (none). */
  onNotice?: (notice: { severity: string; message: string }) => void;
}

/** Server-side id and start of a session: enough to find or end exactly this one from another. @public */
export interface SessionHandle {
  pid: string;
  startedAt: string;
  /**
   * Which history of the database this server continues, where the engine tells
   * (Postgres: its timeline). Another one than an earlier session saw: there was
   * a failover in between, and what is missing here proves nothing.
   */
  timeline?: string;
}

/** One row: the migration is completely applied. @public */
export interface HistoryRow {
  migrationKey: string;
  checksumUp: string;
  checksumDown?: string;
  /** ISO 8601, set by the target's clock when written. */
  appliedAt?: string;
  /** E-mail of whoever executed the run. */
  appliedBy: string;
  toolRunId: string;
}

/** The row of a migration that comes, the one that goes, or one in the place of the other. @public */
export interface HistoryChange {
  remove?: Pick<HistoryRow, 'migrationKey' | 'checksumUp'>;
  insert?: HistoryRow;
}

/**
 * State of a ledger row.
 *
 * - `running`: the first `position` statements are durable, the next is not begun
 * - `started`: the statement with index `position` was about to be sent; whether it took effect is unknown
 * - `finished`: everything is applied (up) or undone (down)
 * - `not_applied`: closed, nothing of it is in the database
 *
 * @public
 */
export type LedgerState = 'running' | 'started' | 'finished' | 'not_applied';

/** @public */
export type Direction = 'up' | 'down';

/** One row for each run item and direction, never deleted. The only judge of what happened. @public */
export interface LedgerRow {
  runItemId: string;
  direction: Direction;
  migrationKey: string;
  runId: string;
  planHash: string;
  attempt: number;
  /** Count of statements durable so far; with `started`, the index of the doubtful one. */
  position: number;
  state: LedgerState;
  /**
   * Engine's own token that can prove afterwards whether the commit that was
   * about to happen did (MySQL: a GTID chosen beforehand). Written with `started`.
   */
  proof?: string;
  /** sha256 hex of the statement at `position`, if there is one. */
  statementSha256?: string;
  serverId: string;
  /**
   * What the caller wants kept outside its own records: text of at most 1000
   * characters. Written with the row, not read with it: see {@link HistoryPage}.
   * Left out where the ledger is an older one that the account may not alter.
   */
  checkpoint?: string;
}

/** What is in the target, read under the lock. @public */
export interface TargetRecord {
  history?: HistoryRow;
  /** The row of the asking run item and direction. */
  own?: LedgerRow;
  /** A row of another run item for the same key that is `running` or `started`. */
  unfinished?: LedgerRow;
}

/** @public */
export interface ProbeFinding {
  /** What was looked at, e.g. `index app.orders_by_date`. */
  check: string;
  /** What was found, e.g. `exists, but is invalid`. */
  result: string;
}

/** @public */
export interface StatementResult {
  /** Rows affected or returned; absent where the server names none. */
  rows?: number;
  durationMs: number;
}

/** Statements of an open transaction that run without a round trip for each. */
export interface StatementGroups {
  /** Whether a statement may leave before the ones in front of it are answered. */
  takes(sql: string): boolean;
  /**
   * Runs statements one after the other, all in one go.
   *
   * @param statements - two or more, each of which is taken
   * @param onDone - called once for each that succeeded, in their order, as they
   * end. It must not throw. When this throws, the statement behind the last of
   * them failed, or was under way.
   */
  execute(
    statements: string[],
    onDone: (result: StatementResult) => void,
  ): Promise<void>;
}

/**
 * One connection to one target for one attempt at a run item. There is no
 * reconnect: when it breaks, every later call throws with `connectionLost`.
 *
 * Order of calls: `acquireLock`, `prepareTables`, `readRecord`, then units:
 * `begin` … `commit` around transactional ones. Before each write of its own and
 * before COMMIT the driver asserts that the session is sound: lock held on this
 * session, the transaction it began still open and the same, our tables intact;
 * it restores search path, role and database first. Otherwise it throws
 * `SESSION_DAMAGED`, and nothing of ours is written.
 *
 * All methods throw {@link TargetError}.
 *
 * @public
 */
export interface TargetSession {
  readonly identity: ServerIdentity;
  readonly backend: SessionHandle;

  /**
   * Takes the one lock of the database by polling its try-form with jitter.
   * Throws `LOCK_TIMEOUT` naming the holder, or `CANCELED` when the signal fires.
   *
   * @param options - `predecessor`: session of an earlier attempt that may be
   * left over. If it holds the lock and is idle it is ended; a statement that it
   * is still running is awaited. Resolves only when that session is gone, also
   * where it does not hold the lock.
   */
  acquireLock(options: {
    timeoutMs: number;
    signal?: AbortSignal;
    onWaiting?: (holder: string) => void;
    predecessor?: SessionHandle;
  }): Promise<void>;

  /**
   * Creates history and ledger table where missing (safe against a race) and
   * checks their columns. Throws `HISTORY_TABLE_FOREIGN` or `HISTORY_TABLE_DENIED`.
   */
  prepareTables(): Promise<void>;

  /**
   * What history and ledger say of a migration and an item. It changes nothing,
   * so it may be asked before `prepareTables`, to save time: then it throws where
   * the tables are not there or not ours, and the session goes on as it was.
   */
  readRecord(ask: {
    migrationKey: string;
    runItemId: string;
    direction: Direction;
  }): Promise<TargetRecord>;

  /**
   * Where the engine can prove the outcome of a doubtful statement by the token
   * in the ledger row: `applied` or `not_applied`; undefined where it cannot.
   */
  proveOutcome?(row: LedgerRow): Promise<'applied' | 'not_applied' | undefined>;

  /**
   * What the catalogs of the target show of a doubtful statement, for a person
   * who has to decide what became of it: nothing is concluded from it. Reads
   * only; empty where there is nothing to look at.
   */
  probe?(statement: { sql: string }): Promise<ProbeFinding[]>;

  begin(): Promise<void>;
  /** Sends one statement of the script as one message. Results are counted, not kept. */
  execute(sql: string): Promise<StatementResult>;
  /** Only where the engine itself leaves out everything behind a statement that failed. */
  readonly together?: StatementGroups;
  /** Inserts or updates the own ledger row. Durable at once outside a transaction. */
  writeLedger(row: LedgerRow): Promise<void>;
  /**
   * The own ledger row and what changes in the history with it, in the
   * transaction that `begin` opened: all of it or nothing. Throws
   * `HISTORY_CHANGED` unless exactly the row that is to go was there, and none
   * for the key of the one that comes.
   */
  writeRecord(ledger: LedgerRow, history: HistoryChange): Promise<void>;
  /** Throws with `commitInDoubt` if the reply was lost, `COMMIT_REFUSED` if the server rolled back instead. */
  commit(): Promise<void>;
  rollback(): Promise<void>;

  /**
   * Asks the server, over a control connection, to cancel what this session is
   * running now, if it is still the same session. Resolves when asked.
   */
  cancel(): Promise<void>;

  /** Unlocks and ends the session. Never throws, never waits for more than a few seconds. */
  close(): Promise<void>;
}

/** Enough to compare with; older ones tell the same. @public */
export const MOST_CHECKPOINTS = 100;

/** Some rows of a history table, and which server gave them. @public */
export interface HistoryPage {
  identity: ServerIdentity;
  /** Empty too where there is no history table. */
  rows: HistoryRow[];
  /** The newest in the ledger, at most {@link MOST_CHECKPOINTS}; only with the first page. */
  checkpoints?: string[];
}

/**
 * One database engine. Knows nothing of the hub: no runs, no users, no approval.
 *
 * @public
 */
export interface TargetDriver {
  readonly engine: Engine;
  readonly defaultPort: number;
  /** Splits, classifies and checks a script without any database. */
  plan(request: PlanRequest): Promise<PlanResult>;
  /** At most `timeoutMs` in all. */
  test(
    connection: TargetConnection,
    options: { timeoutMs: number },
  ): Promise<ConnectionTestResult>;
  connect(
    connection: TargetConnection,
    options: ConnectOptions,
  ): Promise<TargetSession>;
  /**
   * Reads history rows without a lock and without creating anything: the
   * preview of a request. Returns undefined if there is no history table.
   */
  readHistory(
    connection: TargetConnection,
    ask: { migrationKey: string; timeoutMs: number },
  ): Promise<HistoryRow | undefined>;
  /**
   * Reads a page of the history table, in order of the keys' bytes, without a
   * lock of the hub's and without creating anything. Throws
   * `HISTORY_TABLE_FOREIGN` where the table is not the hub's.
   *
   * @param ask - `after`: the last key of the page before; `timeoutMs`: for the
   * whole page, waiting for anybody's lock included
   */
  listHistory(
    connection: TargetConnection,
    ask: { after?: string; limit: number; timeoutMs: number },
  ): Promise<HistoryPage>;
}
