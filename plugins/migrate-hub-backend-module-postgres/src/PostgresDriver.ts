import { DatabaseError } from 'pg';
import { Engine } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import {
  ConnectionTestResult,
  ConnectOptions,
  HistoryPage,
  HistoryRow,
  PlanRequest,
  PlanResult,
  TargetConnection,
  TargetDriver,
  TargetError,
  TargetErrorCode,
  TargetSession,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { testConnection } from './connectionTest';
import { serverFailure } from './errors';
import { planScript } from './plan';
import { PostgresSession } from './PostgresSession';
import {
  checkpointsQuery,
  historyPageQuery,
  historyQuery,
  toHistory,
} from './records';
import { SecondOpinion } from './secondOpinion';
import { meetServer, sessionSettings } from './server';
import { tableNames } from './tables';
import { Row, Wire } from './Wire';

/** Splits, tests and executes on PostgreSQL 13 and newer. @public */
export class PostgresDriver implements TargetDriver {
  readonly engine: Engine = 'postgres';
  readonly defaultPort = 5432;
  readonly #secondOpinion: SecondOpinion;

  private constructor(secondOpinion: SecondOpinion) {
    this.#secondOpinion = secondOpinion;
  }

  static create(): PostgresDriver {
    return new PostgresDriver(SecondOpinion.create());
  }

  async plan(request: PlanRequest): Promise<PlanResult> {
    return planScript(request, this.#secondOpinion);
  }

  async test(
    connection: TargetConnection,
    options: { timeoutMs: number },
  ): Promise<ConnectionTestResult> {
    return testConnection(connection, options);
  }

  async connect(
    connection: TargetConnection,
    options: ConnectOptions,
  ): Promise<TargetSession> {
    return PostgresSession.open(connection, options);
  }

  async readHistory(
    connection: TargetConnection,
    { migrationKey, timeoutMs }: { migrationKey: string; timeoutMs: number },
  ): Promise<HistoryRow | undefined> {
    const query = historyQuery(tableNames(connection), migrationKey);
    const { rows } = await readRows(connection, { query, timeoutMs });
    return rows[0];
  }

  async listHistory(
    connection: TargetConnection,
    ask: { after?: string; limit: number; timeoutMs: number },
  ): Promise<HistoryPage> {
    const names = tableNames(connection);
    return readRows(connection, {
      query: historyPageQuery(names, ask),
      timeoutMs: ask.timeoutMs,
      checkpoints:
        ask.after === undefined ? checkpointsQuery(names) : undefined,
    });
  }
}

/** A look at the history with a session of its own, outside any run. */
async function readRows(
  connection: TargetConnection,
  ask: { query: string; timeoutMs: number; checkpoints?: string },
): Promise<HistoryPage> {
  const { query, timeoutMs, checkpoints } = ask;
  const wire = await Wire.open(connection, {
    tag: 'migrate-hub preview',
    timeoutMs,
  });
  try {
    const { identity } = await meetServer(
      wire,
      sessionSettings({
        lockTimeoutMs: timeoutMs,
        statementTimeoutMs: timeoutMs,
      }),
    );
    return {
      identity,
      rows: await readHistory(wire, query),
      ...(checkpoints && {
        checkpoints: await readCheckpoints(wire, checkpoints),
      }),
    };
  } finally {
    await wire.close();
  }
}

/** None where there is no such table. */
async function readHistory(wire: Wire, query: string): Promise<HistoryRow[]> {
  try {
    const [{ rows }] = await wire.ask(query);
    return rows.map(row => toHistory(row.json_build_object as Row));
  } catch (error) {
    const code = error instanceof DatabaseError ? error.code : undefined;
    if (code === '42P01' || code === '3F000') return [];
    throw historyFailure(error, code);
  }
}

/** There may be no ledger, or one of before checkpoints. */
async function readCheckpoints(wire: Wire, query: string): Promise<string[]> {
  try {
    const [{ rows }] = await wire.ask(query);
    return rows.map(row => String(row.checkpoint));
  } catch (error) {
    const code = error instanceof DatabaseError ? error.code ?? '' : '';
    if (/^(42P01|3F000|42703|42501)$/.test(code)) return [];
    throw error;
  }
}

function historyFailure(
  error: unknown,
  sqlState: string | undefined,
): TargetError {
  const codes: Record<string, TargetErrorCode> = {
    '42703': 'HISTORY_TABLE_FOREIGN',
    '42501': 'HISTORY_TABLE_DENIED',
  };
  return serverFailure(error, { code: codes[sqlState ?? ''] });
}
