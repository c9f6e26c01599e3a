import { Knex } from 'knex';
import { Tx } from './Database';
import { optional } from './rows';
import { Question } from './together';

/** What admins have set for an environment, and what they propose. */
export interface StoredEnvironmentPolicy {
  /** 0 until somebody sets something. */
  revision: number;
  /** As it was stored, signed: not checked. */
  policy?: unknown;
  updatedBy?: string;
  updatedAt?: Date;
  proposal?: unknown;
  proposedBy?: string;
  proposedAt?: Date;
  /** The database's clock. */
  now: Date;
}

interface Row {
  revision: number | null;
  policy: unknown;
  updated_by: string | null;
  updated_at: Date | null;
  proposal: unknown;
  proposed_by: string | null;
  proposed_at: Date | null;
  now: Date;
}

const toStored = (row: Row): StoredEnvironmentPolicy => ({
  revision: row.revision ?? 0,
  policy: optional(row.policy),
  updatedBy: optional(row.updated_by),
  updatedAt: optional(row.updated_at),
  proposal: optional(row.proposal),
  proposedBy: optional(row.proposed_by),
  proposedAt: optional(row.proposed_at),
  now: row.now,
});

/** That of the environment of a run, as {@link readEnvironmentPolicy}; undefined if there is no such run. */
export function environmentPolicyOfRun(
  tx: Tx,
  runId: string,
): Question<StoredEnvironmentPolicy | undefined> {
  return {
    query: tx('runs as r')
      .leftJoin('environment_policies as p', 'p.environment', 'r.environment')
      .where('r.id', runId)
      .select('p.*', tx.raw('now() as now')),
    read: ([row]: Row[]) => row && toStored(row),
  };
}

/** One row, and the clock with it, also for an environment that nobody has touched. */
export async function readEnvironmentPolicy(
  tx: Tx,
  environment: string,
): Promise<StoredEnvironmentPolicy> {
  const { rows } = await tx.raw(
    `select p.*, now() as now
       from (values (?)) as asked (environment)
       left join environment_policies p using (environment)`,
    [environment],
  );
  return toStored(rows[0]);
}

/** The same for a change: whoever comes second waits for the first, also where there is no row yet. */
export async function lockEnvironmentPolicy(
  tx: Knex.Transaction,
  environment: string,
): Promise<StoredEnvironmentPolicy> {
  await tx.raw(
    `select pg_advisory_xact_lock(hashtext('environment_policies'), hashtext(?))`,
    [environment],
  );
  return readEnvironmentPolicy(tx, environment);
}

const change = (
  tx: Knex.Transaction,
  environment: string,
  columns: Record<string, unknown>,
) =>
  tx('environment_policies')
    .insert({ environment, revision: 1, ...columns })
    .onConflict('environment')
    .merge({
      ...columns,
      revision: tx.raw('environment_policies.revision + 1'),
    });

/** Sets the policy, with whatever was proposed gone. */
export async function savePolicy(
  tx: Knex.Transaction,
  environment: string,
  setting: { policy: object; userId: string },
): Promise<void> {
  await change(tx, environment, {
    policy: JSON.stringify(setting.policy),
    updated_by: setting.userId,
    updated_at: tx.fn.now(),
    proposal: null,
    proposed_by: null,
    proposed_at: null,
  });
}

/** Sets or, with undefined, takes back what is proposed. */
export async function saveProposal(
  tx: Knex.Transaction,
  environment: string,
  proposal: { proposal: object; userId: string } | undefined,
): Promise<void> {
  await change(tx, environment, {
    proposal: proposal ? JSON.stringify(proposal.proposal) : null,
    proposed_by: proposal?.userId ?? null,
    proposed_at: proposal ? tx.fn.now() : null,
  });
}
