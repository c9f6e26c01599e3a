import { Knex } from 'knex';
import { canonicalJson } from '../crypto/canonical';
import { RevisionRecord, RunRecord, VersionRecord } from '../domain/types';
import { Tx } from './Database';
import { toVersion, VersionRow } from './migrations';
import { optional } from './rows';
import { Question } from './together';

export async function insertRevision(
  tx: Knex.Transaction,
  revision: Omit<RevisionRecord, 'createdAt'> & { migrationId: string },
): Promise<void> {
  await tx('run_revisions').insert({
    run_id: revision.runId,
    revision: revision.revision,
    migration_id: revision.migrationId,
    version: revision.version,
    plan_hash: revision.planHash,
    checksum: revision.checksum,
    policy: JSON.stringify(revision.policy),
    binding: canonicalJson(revision.binding),
    digest: revision.digest,
    cause: revision.cause,
    created_by: revision.createdBy,
  });
}

interface RevisionRow {
  run_id: string;
  revision: number;
  version: number;
  plan_hash: string;
  checksum: string;
  policy: RevisionRecord['policy'];
  binding: string;
  digest: string;
  cause: RevisionRecord['cause'];
  created_by: string | null;
  created_at: Date;
}

const toRevision = (row: RevisionRow): RevisionRecord => ({
  runId: row.run_id,
  revision: row.revision,
  version: row.version,
  planHash: row.plan_hash,
  checksum: row.checksum,
  policy: row.policy,
  binding: JSON.parse(row.binding),
  digest: row.digest,
  cause: row.cause,
  createdBy: optional(row.created_by),
  createdAt: row.created_at,
});

/** The current revision of each run, by run id. */
export async function currentRevisions(
  tx: Tx,
  runIds: string[],
): Promise<Map<string, RevisionRecord>> {
  const rows = await tx('run_revisions as v')
    .join('runs as r', join =>
      join.on('r.id', 'v.run_id').andOn('r.revision', 'v.revision'),
    )
    .whereIn('v.run_id', runIds)
    .select('v.*');
  return new Map(rows.map(row => [row.run_id, toRevision(row)]));
}

/** A revision of a run, as the given record has it. */
type At = Pick<RunRecord, 'id' | 'revision'>;

export const revisionOfRun = (
  tx: Tx,
  { id, revision }: At,
): Question<RevisionRecord | undefined> => ({
  query: tx('run_revisions').where({ run_id: id, revision }),
  read: ([row]: RevisionRow[]) => row && toRevision(row),
});

/** The version that this revision binds. */
export const versionOfRun = (
  tx: Tx,
  { id, revision }: At,
): Question<VersionRecord | undefined> => ({
  query: tx('run_revisions as v')
    .join('migration_versions as b', join =>
      join
        .on('b.migration_id', 'v.migration_id')
        .andOn('b.version', 'v.version'),
    )
    .where({ 'v.run_id': id, 'v.revision': revision })
    .select('b.*'),
  read: ([row]: VersionRow[]) => row && toVersion(row),
});

/** Who made the revisions after the first, up to this one. */
export const changersOf = (
  tx: Tx,
  { id, revision }: At,
): Question<string[]> => ({
  query: tx('run_revisions')
    .where({ run_id: id })
    .where('revision', '>', 1)
    .where('revision', '<=', revision)
    .whereNotNull('created_by')
    .distinct('created_by'),
  read: (rows: { created_by: string }[]) => rows.map(row => row.created_by),
});

/** The newest version that was approved, and that ran, in the environment of a run before it. */
export async function comparisonOf(
  tx: Tx,
  run: RunRecord,
): Promise<{ approvedVersion?: number; executedVersion?: number }> {
  const { rows } = await tx.raw(
    `select
       (select v.version
          from approvals a
          join run_revisions v on v.run_id = a.run_id and v.revision = a.revision
          join runs r on r.id = a.run_id
         where r.migration_id = :migrationId and r.environment = :environment
           and a.decision = 'approve' and (a.run_id, a.revision) <> (:id::uuid, :revision::int)
         order by a.created_at desc limit 1) as approved,
       (select v.version
          from runs r
          join run_revisions v on v.run_id = r.id and v.revision = r.revision
         where r.migration_id = :migrationId and r.environment = :environment
           and r.type = 'apply' and r.status = 'executed' and r.id <> :id::uuid
         order by r.created_at desc limit 1) as executed`,
    {
      id: run.id,
      revision: run.revision,
      migrationId: run.migrationId,
      environment: run.environment,
    },
  );
  return {
    approvedVersion: optional(rows[0].approved),
    executedVersion: optional(rows[0].executed),
  };
}
