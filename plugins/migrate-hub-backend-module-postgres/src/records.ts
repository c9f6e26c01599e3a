import { escapeLiteral } from 'pg';
import {
  Direction,
  HistoryRow,
  LedgerRow,
  LedgerState,
  MOST_CHECKPOINTS,
  TargetRecord,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { TableNames } from './tables';
import { Row } from './Wire';

const text = (value: string) => `${escapeLiteral(value)}::pg_catalog.text`;
const optional = (value: string | undefined) =>
  value === undefined ? 'NULL::pg_catalog.text' : text(value);
const whole = (value: number) => `${Math.trunc(value)}::pg_catalog.int4`;

const ISO = `'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'`;

const HISTORY_JSON = `pg_catalog.json_build_object(
    'migrationKey', migration_key, 'checksumUp', checksum_up, 'checksumDown', checksum_down,
    'appliedAt', pg_catalog.to_char(applied_at AT TIME ZONE 'UTC', ${ISO}),
    'appliedBy', applied_by, 'toolRunId', tool_run_id)`;

/** Selects one history row as JSON. */
export function historyQuery(names: TableNames, migrationKey: string): string {
  return `SELECT ${HISTORY_JSON}
  FROM ${names.historySql} WHERE migration_key = ${text(migrationKey)}`;
}

/** Selects a page of the history as JSON, a row a migration. */
export function historyPageQuery(
  names: TableNames,
  page: { after?: string; limit: number },
): string {
  const key = 'migration_key COLLATE pg_catalog."C"';
  const beyond =
    page.after === undefined ? '' : `WHERE ${key} > ${text(page.after)}`;
  return `SELECT ${HISTORY_JSON}
  FROM ${names.historySql} ${beyond} ORDER BY ${key} LIMIT ${whole(
    page.limit,
  )}`;
}

/** Selects the newest checkpoints of the ledger. */
export function checkpointsQuery({ ledgerSql }: TableNames): string {
  return `SELECT checkpoint FROM ${ledgerSql}
  WHERE checkpoint IS NOT NULL ORDER BY updated_at DESC LIMIT ${MOST_CHECKPOINTS}`;
}

const LEDGER_JSON = `pg_catalog.json_build_object(
    'runItemId', run_item_id, 'direction', direction, 'migrationKey', migration_key,
    'runId', run_id, 'planHash', plan_hash, 'attempt', attempt, 'position', position,
    'state', state, 'statementSha256', statement_sha256, 'serverId', server_id)`;

/** History row, own ledger row and an unfinished one of somebody else, in one round trip. */
export function recordQuery(
  names: TableNames,
  ask: { migrationKey: string; runItemId: string; direction: Direction },
): string {
  const own = `run_item_id = ${text(ask.runItemId)} AND direction = ${text(
    ask.direction,
  )}`;
  return `SELECT
  (${historyQuery(names, ask.migrationKey)}) AS history,
  (SELECT ${LEDGER_JSON} FROM ${names.ledgerSql} WHERE ${own}) AS own,
  (SELECT ${LEDGER_JSON} FROM ${names.ledgerSql}
   WHERE migration_key = ${text(ask.migrationKey)}
     AND state IN ('running', 'started') AND NOT (${own})
   ORDER BY updated_at DESC LIMIT 1) AS unfinished`;
}

export function toRecord(row: Row): TargetRecord {
  return {
    ...(row.history ? { history: toHistory(row.history as Row) } : {}),
    ...(row.own ? { own: toLedger(row.own as Row) } : {}),
    ...(row.unfinished ? { unfinished: toLedger(row.unfinished as Row) } : {}),
  };
}

export function toHistory(row: Row): HistoryRow {
  return {
    migrationKey: String(row.migrationKey),
    checksumUp: String(row.checksumUp),
    ...(row.checksumDown ? { checksumDown: String(row.checksumDown) } : {}),
    appliedAt: String(row.appliedAt),
    appliedBy: String(row.appliedBy),
    toolRunId: String(row.toolRunId),
  };
}

function toLedger(row: Row): LedgerRow {
  return {
    runItemId: String(row.runItemId),
    direction: row.direction as Direction,
    migrationKey: String(row.migrationKey),
    runId: String(row.runId),
    planHash: String(row.planHash),
    attempt: Number(row.attempt),
    position: Number(row.position),
    state: row.state as LedgerState,
    ...(row.statementSha256
      ? { statementSha256: String(row.statementSha256) }
      : {}),
    serverId: String(row.serverId),
  };
}

/** For {@link guardedWrites}: the row is written only where the guard lets it. */
export function ledgerWrite(
  { ledgerSql, takesCheckpoints }: TableNames,
  row: LedgerRow,
) {
  // Without a new one, that of an earlier attempt stays.
  const keeps = takesCheckpoints && row.checkpoint !== undefined;
  const values = [
    text(row.runItemId),
    text(row.direction),
    text(row.migrationKey),
    text(row.runId),
    text(row.planHash),
    whole(row.attempt),
    whole(row.position),
    text(row.state),
    optional(row.statementSha256),
    text(row.serverId),
    'pg_catalog.clock_timestamp()',
    ...(keeps ? [optional(row.checkpoint)] : []),
  ];
  return {
    into: `INSERT INTO ${ledgerSql} AS mine (run_item_id, direction, migration_key, run_id, plan_hash, attempt, position, state, statement_sha256, server_id, updated_at${
      keeps ? ', checkpoint' : ''
    })`,
    // A worker that lost its item is behind: its late word must not stand.
    of: (guard: string) => `SELECT ${values.join(', ')} ${guard}
ON CONFLICT (run_item_id, direction) DO UPDATE SET
  plan_hash = EXCLUDED.plan_hash, attempt = EXCLUDED.attempt, position = EXCLUDED.position,
  state = EXCLUDED.state, statement_sha256 = EXCLUDED.statement_sha256,
  server_id = EXCLUDED.server_id, updated_at = EXCLUDED.updated_at${
    keeps ? ', checkpoint = EXCLUDED.checkpoint' : ''
  }
WHERE mine.attempt <= EXCLUDED.attempt`,
  };
}

export function historyInsert({ historySql }: TableNames, row: HistoryRow) {
  const values = [
    text(row.migrationKey),
    text(row.checksumUp),
    optional(row.checksumDown),
    'pg_catalog.clock_timestamp()',
    text(row.appliedBy),
    text(row.toolRunId),
  ];
  return {
    into: `INSERT INTO ${historySql} (migration_key, checksum_up, checksum_down, applied_at, applied_by, tool_run_id)`,
    of: (guard: string) => `SELECT ${values.join(', ')} ${guard}`,
  };
}

export function historyDelete(
  { historySql }: TableNames,
  row: { migrationKey: string; checksumUp: string },
) {
  return {
    into: `DELETE FROM ${historySql}`,
    of: (guard: string) =>
      `WHERE migration_key = ${text(row.migrationKey)} AND checksum_up = ${text(
        row.checksumUp,
      )} AND (SELECT true ${guard})`,
  };
}
