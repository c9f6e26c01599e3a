import { Tx } from './Database';
import { optional } from './rows';

/** The sealed text of a key; `fresh` becomes it if there is none yet. */
export async function ensureProof(
  tx: Tx,
  keyId: string,
  fresh: string,
): Promise<string> {
  await tx.raw(
    `insert into secret_keys (id, proof) values (?, ?)
     on conflict (id) do update set proof = excluded.proof
      where secret_keys.proof is null`,
    [keyId, fresh],
  );
  const row = await tx('secret_keys').where({ id: keyId }).first('proof');
  return optional<string>(row?.proof) ?? fresh;
}

/** The newest approvals of runs that are not over, with what was signed. */
export async function openApprovals(
  tx: Tx,
  limit: number,
): Promise<{ keyId: string; canonical: Buffer; signature: Buffer }[]> {
  return tx('approvals as a')
    .join('runs as r', { 'r.id': 'a.run_id', 'r.revision': 'a.revision' })
    .whereIn('r.status', ['awaiting_approval', 'approved', 'queued', 'running'])
    .orderBy('a.created_at', 'desc')
    .limit(limit)
    .select('a.key_id as keyId', 'a.canonical', 'a.signature');
}
