import { RevisionRecord } from '../domain/types';
import { Tx } from './Database';
import { optional } from './rows';

/** What a decision on a run asks of its current revision: not what is bound, which is long. */
export interface DecisionBasis {
  revision: Pick<RevisionRecord, 'runId' | 'revision' | 'digest' | 'createdBy'>;
  policy: RevisionRecord['policy'];
  versionAuthorId: string;
  /** Who made revisions after the first. */
  changerIds: string[];
}

/**
 * {@link DecisionBasis} of each run, by run id.
 *
 * @remarks by primary keys
 */
export async function decisionBasisOf(
  tx: Tx,
  runIds: string[],
): Promise<Map<string, DecisionBasis>> {
  const { rows } = await tx.raw(
    `select r.id, v.revision, v.digest, v.created_by, v.policy, w.created_by as author,
            array(select distinct x.created_by from run_revisions x
                   where x.run_id = r.id and x.revision > 1 and x.created_by is not null) as changers
       from runs r
       join run_revisions v on v.run_id = r.id and v.revision = r.revision
       join migration_versions w on w.migration_id = v.migration_id and w.version = v.version
      where r.id = any(?::uuid[])`,
    [runIds],
  );
  return new Map(
    rows.map((row: Record<string, never>) => [
      row.id,
      {
        revision: {
          runId: row.id,
          revision: row.revision,
          digest: row.digest,
          createdBy: optional(row.created_by),
        },
        policy: row.policy,
        versionAuthorId: row.author,
        changerIds: row.changers,
      },
    ]),
  );
}
