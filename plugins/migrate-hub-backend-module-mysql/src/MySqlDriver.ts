import { Engine } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import {
  ConnectionTestResult,
  ConnectOptions,
  HistoryRow,
  PlanRequest,
  PlanResult,
  TargetConnection,
  TargetDriver,
  TargetSession,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { connect } from './connect';
import { testConnection } from './connectionTest';
import { Deadline, unreachable } from './dial';
import { asDriverError, SERVER_ERROR } from './errors';
import { readFacts } from './facts';
import { planScript } from './plan';
import { MySqlSession } from './session';
import { historyOf, ownError, Tables } from './tables';
import { Wire } from './wire';

/** MySQL 8.0+ and MariaDB 10.6+ as targets. @public */
export class MySqlDriver implements TargetDriver {
  readonly engine: Engine = 'mysql';
  readonly defaultPort = 3306;

  private constructor() {}

  static create(): MySqlDriver {
    return new MySqlDriver();
  }

  async plan(request: PlanRequest): Promise<PlanResult> {
    return planScript(request);
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
    return MySqlSession.open(connection, options);
  }

  async readHistory(
    connection: TargetConnection,
    { migrationKey, timeoutMs }: { migrationKey: string; timeoutMs: number },
  ): Promise<HistoryRow | undefined> {
    const deadline = new Deadline(timeoutMs);
    const { wire, threadId } = await connect(connection, {
      timeoutMs,
      tag: 'migrate-hub preview',
    });
    try {
      const { database, historyTable } = connection;
      const read = async () => {
        const facts = await readFacts(wire, { database, threadId });
        return readRow(wire, new Tables(facts, historyTable), migrationKey);
      };
      return await deadline.race(read(), () =>
        unreachable('The server took too long to answer'),
      );
    } catch (error) {
      throw ownError(error, 'The history could not be read');
    } finally {
      await wire.end(Math.min(500, deadline.leftMs));
    }
  }
}

async function readRow(
  wire: Wire,
  tables: Tables,
  migrationKey: string,
): Promise<HistoryRow | undefined> {
  try {
    const { history } = await tables.check(wire);
    if (!history) {
      return undefined;
    }
    const [row] = await wire.rows(tables.historySql(migrationKey));
    return row && historyOf(row);
  } catch (error) {
    if (asDriverError(error).errno === SERVER_ERROR.noSuchTable) {
      return undefined;
    }
    throw error;
  }
}
