import { Knex } from 'knex';
import { sha256 } from '../crypto/canonical';
import { ApprovalRecord } from '../domain/types';
import { Tx } from './Database';
import { optional } from './rows';
import { Question } from './together';

export async function insertApproval(
  tx: Knex.Transaction,
  approval: ApprovalRecord,
): Promise<void> {
  await tx('approvals').insert({
    id: approval.id,
    run_id: approval.runId,
    revision: approval.revision,
    decision: approval.decision,
    digest: approval.digest,
    comment: approval.comment,
    approver_id: approval.approverId,
    created_at: approval.createdAt.toISOString(),
    canonical: approval.canonical,
    hash: sha256(approval.canonical),
    key_id: approval.keyId,
    signature: approval.signature,
  });
}

interface ApprovalRow {
  id: string;
  run_id: string;
  revision: number;
  decision: ApprovalRecord['decision'];
  digest: string;
  comment: string | null;
  approver_id: string;
  created_at: Date;
  canonical: Buffer;
  key_id: string;
  signature: Buffer;
}

/** All decisions on runs, of every revision, oldest first. */
export function approvalsOf(
  tx: Tx,
  runIds: string[],
): Question<ApprovalRecord[]> {
  return {
    query: tx('approvals')
      .whereRaw('run_id = any(?::uuid[])', [runIds])
      .orderBy(['created_at', 'id']),
    read: (rows: ApprovalRow[]) =>
      rows.map(row => ({
        id: row.id,
        runId: row.run_id,
        revision: row.revision,
        decision: row.decision,
        digest: row.digest,
        comment: optional(row.comment),
        approverId: row.approver_id,
        createdAt: row.created_at,
        canonical: row.canonical,
        keyId: row.key_id,
        signature: row.signature,
      })),
  };
}

/** The same, asked alone. */
export async function listApprovals(
  tx: Tx,
  runIds: string[],
): Promise<ApprovalRecord[]> {
  const { query, read } = approvalsOf(tx, runIds);
  return read(await query);
}

/** Runs that wait for more approvals and have one of those keys on their current revision. */
export async function runsAwaitingWithApprovalsBy(
  tx: Tx,
  keyIds: string[],
): Promise<{ id: string; migration_id: string }[]> {
  if (keyIds.length === 0) return [];
  return tx('runs as r')
    .where('r.status', 'awaiting_approval')
    .whereExists(
      tx('approvals as a')
        .whereRaw('a.run_id = r.id and a.revision = r.revision')
        .whereIn('a.key_id', keyIds)
        .select(tx.raw('1')),
    )
    .select('r.id', 'r.migration_id');
}
