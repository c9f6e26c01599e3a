import { DatabaseError } from 'pg';
import { Engine } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import {
  ConnectionTestResult,
  ConnectOptions,
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
import { historyQuery, toHistory } from './records';
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
    const wire = await Wire.open(connection, {
      tag: 'migrate-hub preview',
      timeoutMs,
    });
    try {
      await meetServer(
        wire,
        sessionSettings({
          lockTimeoutMs: timeoutMs,
          statementTimeoutMs: timeoutMs,
        }),
      );
      const query = historyQuery(tableNames(connection), migrationKey);
      const [{ rows }] = await wire.ask(query);
      const [row] = rows;
      return row && toHistory(row.json_build_object as Row);
    } catch (error) {
      const code = error instanceof DatabaseError ? error.code : undefined;
      if (code === '42P01' || code === '3F000') {
        return undefined;
      }
      throw historyFailure(error, code);
    } finally {
      await wire.close();
    }
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
