import {
  Engine,
  SqlAnalysis,
  SqlProblem,
  TransactionMode,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import {
  Plan,
  PlanResult,
  TargetDriver,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { HubError } from '../errors';

/** The registered drivers, by engine. */
export type Drivers = ReadonlyMap<Engine, TargetDriver>;

/** @throws HubError `INVALID_INPUT` if no module for the engine is installed. */
export function driverFor(drivers: Drivers, engine: Engine): TargetDriver {
  const driver = drivers.get(engine);
  if (driver) return driver;
  throw new HubError(
    'INVALID_INPUT',
    `This portal has no driver for ${engine}. Ask its operators to install the backend module for it.`,
  );
}

export interface PlannedScript {
  plan: Plan;
  /** Warnings, for author and approver. */
  problems: SqlProblem[];
}

interface Script {
  sql: string;
  mode: TransactionMode;
  /** Names of history tables among the targets it may run on. */
  historyTables: Iterable<string>;
}

const DEFAULT_HISTORY_TABLE = 'migrations';

const planWith = (driver: TargetDriver, script: Script): Promise<PlanResult> =>
  driver.plan({
    sql: script.sql,
    mode: script.mode,
    protectedTables: [
      ...new Set([DEFAULT_HISTORY_TABLE, ...script.historyTables]),
    ].flatMap(table => [table, `${table}_ledger`]),
  });

/**
 * Cuts and checks a script for one engine.
 *
 * @throws HubError `SQL_REFUSED` that names the first problem's line; all of
 * them stand in `details.problems`.
 */
export async function planScript(
  driver: TargetDriver,
  script: Script & { name: string },
): Promise<PlannedScript> {
  const { plan, problems } = await planWith(driver, script);
  if (plan) return { plan, problems };
  const errors = problems.filter(problem => problem.severity === 'error');
  const first = errors[0];
  throw new HubError(
    'SQL_REFUSED',
    `${script.name} cannot run on ${driver.engine}, line ${first.line}: ${first.message}`,
    {
      details: {
        engine: driver.engine,
        statementIndex: first.statementIndex,
        line: first.line,
        reason: first.code,
        problems: problems.slice(0, 100),
      },
    },
  );
}

/** What an editor shows: never refuses, marks. */
export async function analyseScript(
  driver: TargetDriver,
  script: Script,
): Promise<SqlAnalysis> {
  const { plan, statements, problems } = await planWith(driver, script);
  const bytes = Buffer.from(script.sql, 'utf8');
  return {
    statements: statements.map((statement, index) => ({
      index,
      line: statement.line,
      text: bytes.toString('utf8', statement.start, statement.end),
      kind: statement.kind,
      transactional: statement.transactional,
    })),
    problems,
    effectiveMode: plan?.mode,
  };
}
