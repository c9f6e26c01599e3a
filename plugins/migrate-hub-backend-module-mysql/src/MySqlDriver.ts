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
  TargetSession,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { connect } from './connect';
import { testConnection } from './connectionTest';
import { Deadline, unreachable } from './dial';
import { asDriverError, isDenied, SERVER_ERROR } from './errors';
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
    const { rows } = await readRows(connection, {
      timeoutMs,
      query: tables => tables.historySql(migrationKey),
    });
    return rows[0];
  }

  async listHistory(
    connection: TargetConnection,
    ask: { after?: string; limit: number; timeoutMs: number },
  ): Promise<HistoryPage> {
    return readRows(connection, {
      timeoutMs: ask.timeoutMs,
      query: tables => tables.historyPageSql(ask),
      withCheckpoints: ask.after === undefined,
    });
  }
}

/** A look at the history with a session of its own, outside any run. */
async function readRows(
  connection: TargetConnection,
  ask: {
    timeoutMs: number;
    query: (tables: Tables) => string;
    withCheckpoints?: boolean;
  },
): Promise<HistoryPage> {
  const deadline = new Deadline(ask.timeoutMs);
  const { wire, threadId } = await connect(connection, {
    timeoutMs: ask.timeoutMs,
    tag: 'migrate-hub preview',
  });
  try {
    const { database, historyTable } = connection;
    const read = async () => {
      const facts = await readFacts(wire, { database, threadId });
      const tables = new Tables(facts, historyTable);
      const rows = await rowsOf(wire, tables, ask.query(tables));
      return {
        ...{ identity: facts.identity, rows },
        ...(ask.withCheckpoints && {
          checkpoints: await checkpointsOf(wire, tables),
        }),
      };
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

/** There may be no ledger, or one of before checkpoints. */
async function checkpointsOf(wire: Wire, tables: Tables): Promise<string[]> {
  try {
    const rows = await wire.rows(tables.checkpointsSql());
    return rows.map(({ checkpoint }) => checkpoint ?? '');
  } catch (error) {
    const found = asDriverError(error);
    const { noSuchTable, unknownColumn } = SERVER_ERROR;
    const isAbsent =
      found.errno === noSuchTable || found.errno === unknownColumn;
    if (isAbsent || isDenied(found)) return [];
    throw error;
  }
}

async function rowsOf(
  wire: Wire,
  tables: Tables,
  query: string,
): Promise<HistoryRow[]> {
  try {
    const { history } = await tables.check(wire);
    if (!history) return [];
    const rows = await wire.rows(query);
    return rows.map(historyOf);
  } catch (error) {
    if (asDriverError(error).errno === SERVER_ERROR.noSuchTable) return [];
    throw error;
  }
}
