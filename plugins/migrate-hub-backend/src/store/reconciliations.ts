import { ReconciliationFinding } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { Cursor } from './cursor';
import { newId, Tx } from './Database';
import { exactTime, optional } from './rows';

/** How hub and target compared last. */
export interface ReconciliationRecord {
  targetId: string;
  at: Date;
  lost: number;
  foreign: number;
  /** What the ledger of the target says against the audit trail. */
  trail?: string;
  error?: string;
}

/** A finding that is to be kept. */
export type NewFinding = Omit<
  ReconciliationFinding,
  'id' | 'firstSeenAt' | 'migrationId'
>;

/** Enabled targets in the order of their ids; one page. */
export async function targetsToReconcile(
  tx: Tx,
  page: { after?: string; limit: number },
): Promise<string[]> {
  const query = tx('db_targets as t')
    .join('db_sets as s', 's.id', 't.db_set_id')
    .join('projects as p', 'p.id', 's.project_id')
    .whereNull('t.disabled_at')
    .whereNull('s.disabled_at')
    .whereNull('p.archived_at')
    .orderBy('t.id')
    .limit(page.limit);
  if (page.after) query.where('t.id', '>', page.after);
  return query.pluck('t.id');
}

/** Now, by the clock of the store. */
export async function storeTime(tx: Tx): Promise<Date> {
  const { rows } = await tx.raw('select clock_timestamp() as at');
  return rows[0].at;
}

/** Of these texts, those that are ids of runs of this hub. */
export async function knownRunIds(
  tx: Tx,
  texts: string[],
): Promise<Set<string>> {
  const { rows } = await tx.raw(
    `select r.id::text from unnest(:texts::text[]) as t (id)
       join runs as r on r.id = case
         when t.id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then t.id::uuid end`,
    { texts },
  );
  return new Set(rows.map((row: { id: string }) => row.id));
}

/**
 * Replaces what is known of a target.
 *
 * @remarks The caller has locked the target.
 * @returns whether hub and target disagree in another way than before
 */
export async function saveReconciliation(
  tx: Knex.Transaction,
  result: { targetId: string; lost: number; foreign: number; trail?: string },
  findings: NewFinding[],
): Promise<{ changed: boolean }> {
  const { targetId } = result;
  const before = await tx('reconciliations')
    .where({ target_id: targetId })
    .first();
  await saveRow(tx, {
    target_id: targetId,
    lost: result.lost,
    foreign_rows: result.foreign,
    trail: result.trail ?? null,
    error: null,
  });
  const { rows } = await tx.raw(
    `
    with found as (
      select * from jsonb_to_recordset(:findings) as f (
        id uuid, migration_key text, kind text, reason text,
        expected_checksum_up text, found_checksum_up text,
        tool_run_id text, applied_by text)
    ), gone as (
      delete from reconciliation_findings as f
       where f.target_id = :targetId
         and f.migration_key not in (select migration_key from found)
      returning 1
    ), kept as (
      insert into reconciliation_findings as f (
        id, target_id, migration_key, migration_id, kind, reason,
        expected_checksum_up, found_checksum_up, tool_run_id, applied_by)
      select found.id, :targetId, found.migration_key, m.id, found.kind, found.reason,
             found.expected_checksum_up, found.found_checksum_up,
             found.tool_run_id, found.applied_by
        from found left join migrations as m on m.key = found.migration_key
      on conflict (target_id, migration_key) do update set
        migration_id = excluded.migration_id,
        kind = excluded.kind,
        reason = excluded.reason,
        expected_checksum_up = excluded.expected_checksum_up,
        found_checksum_up = excluded.found_checksum_up,
        tool_run_id = excluded.tool_run_id,
        applied_by = excluded.applied_by,
        first_seen_at = now()
      where (f.kind, f.reason, f.found_checksum_up, f.expected_checksum_up, f.tool_run_id)
        is distinct from (excluded.kind, excluded.reason, excluded.found_checksum_up,
                          excluded.expected_checksum_up, excluded.tool_run_id)
      returning 1
    )
    select (select count(*) from gone) + (select count(*) from kept) as changes`,
    {
      targetId,
      findings: JSON.stringify(
        findings.map(finding => ({
          id: newId(),
          migration_key: finding.migrationKey,
          kind: finding.kind,
          reason: finding.reason,
          expected_checksum_up: finding.expectedChecksumUp,
          found_checksum_up: finding.foundChecksumUp,
          tool_run_id: finding.toolRunId,
          applied_by: finding.appliedBy,
        })),
      ),
    },
  );
  const same =
    (before?.lost ?? 0) === result.lost &&
    (before?.foreign_rows ?? 0) === result.foreign &&
    (before?.trail ?? undefined) === result.trail;
  return { changed: Number(rows[0].changes) > 0 || !same };
}

/** The target could not be compared: what was found before stands. */
export async function saveReconciliationError(
  tx: Knex.Transaction,
  targetId: string,
  error: string,
): Promise<void> {
  await saveRow(tx, { target_id: targetId, error });
}

async function saveRow(
  tx: Knex.Transaction,
  row: {
    target_id: string;
    error: string | null;
    lost?: number;
    foreign_rows?: number;
    trail?: string | null;
  },
): Promise<void> {
  await tx('reconciliations')
    .insert({ ...row, at: tx.fn.now() })
    .onConflict('target_id')
    .merge({ ...row, at: tx.fn.now() });
}

/** Of a page of targets, in one query. */
export async function reconciliationsOf(
  tx: Tx,
  targetIds: string[],
): Promise<(targetId: string) => ReconciliationRecord | undefined> {
  const rows = await tx('reconciliations').whereIn('target_id', targetIds);
  const found = new Map<string, ReconciliationRecord>(
    rows.map(row => [
      row.target_id,
      {
        targetId: row.target_id,
        at: row.at,
        lost: row.lost,
        foreign: row.foreign_rows,
        trail: optional<string>(row.trail),
        error: optional<string>(row.error),
      },
    ]),
  );
  return targetId => found.get(targetId);
}

/** Names of targets whose ledgers contradict the audit trail. */
export async function targetsAgainstTrail(
  tx: Tx,
  limit: number,
): Promise<string[]> {
  return tx('reconciliations as r')
    .join('db_targets as t', 't.id', 'r.target_id')
    .whereNotNull('r.trail')
    .orderBy('t.name')
    .limit(limit)
    .pluck('t.name');
}

export type FindingListRow = ReconciliationFinding & {
  exactFirstSeenAt: string;
};

/**
 * Newest first; one row more than `limit` tells that there is a next page.
 *
 * @remarks relies on reconciliation_findings_list
 */
export async function listFindings(
  tx: Tx,
  targetId: string,
  page: { limit: number; after?: Cursor },
): Promise<FindingListRow[]> {
  const query = tx('reconciliation_findings')
    .where({ target_id: targetId })
    .select('*', tx.raw(exactTime('first_seen_at', 'exact_first_seen_at')))
    .orderBy([
      { column: 'first_seen_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(page.limit + 1);
  if (page.after) {
    query.whereRaw('(first_seen_at, id) < (?::timestamptz, ?::uuid)', [
      page.after.at,
      page.after.id,
    ]);
  }
  const rows = await query;
  return rows.map(row => ({
    id: row.id,
    migrationKey: row.migration_key,
    kind: row.kind,
    reason: row.reason,
    migrationId: optional<string>(row.migration_id),
    expectedChecksumUp: optional<string>(row.expected_checksum_up),
    foundChecksumUp: optional<string>(row.found_checksum_up),
    toolRunId: optional<string>(row.tool_run_id),
    appliedBy: optional<string>(row.applied_by),
    firstSeenAt: row.first_seen_at.toISOString(),
    exactFirstSeenAt: row.exact_first_seen_at,
  }));
}

/**
 * Which targets disagree with the hub on one migration, and how.
 *
 * @remarks relies on reconciliation_findings_migration
 */
export async function findingKinds(
  tx: Tx,
  migrationId: string,
): Promise<(targetId: string) => ReconciliationFinding['kind'] | undefined> {
  const rows = await tx('reconciliation_findings')
    .where({ migration_id: migrationId })
    .select('target_id', 'kind');
  const kinds = new Map(rows.map(row => [row.target_id, row.kind]));
  return targetId => kinds.get(targetId);
}
