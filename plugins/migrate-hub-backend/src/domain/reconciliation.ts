import { ReconciliationFinding } from '@migrate-hub/backstage-plugin-migrate-hub-common';

/** What the hub says that a target holds of one migration. */
export interface HeldOnTarget {
  migrationKey: string;
  /** Applied, by its newest run there; absent where it was taken out or nobody knows. */
  checksumUp?: string;
  /** Taken out by a rollback. */
  removed: boolean;
}

/** What the history table of the target says of it. */
export interface FoundOnTarget {
  checksumUp: string;
  /** The row names a run of this hub. */
  ours: boolean;
}

export type Divergence = Pick<ReconciliationFinding, 'kind' | 'reason'>;

/**
 * How hub and target disagree on one migration.
 *
 * | hub says    | no row         | row of a run of ours              | other row                |
 * |-------------|----------------|-----------------------------------|--------------------------|
 * | applied     | lost (missing) | lost (other_checksum), if another | the same, else not_ours  |
 * | rolled back | agrees         | foreign (rolled_back)             | foreign (not_ours)       |
 * | not known   | agrees         | agrees: the item says it is open  | foreign (not_ours)       |
 */
export function divergenceOf(
  held: HeldOnTarget | undefined,
  found: FoundOnTarget | undefined,
): Divergence | undefined {
  if (!found) {
    return held?.checksumUp ? { kind: 'lost', reason: 'missing' } : undefined;
  }
  if (held?.checksumUp && held.checksumUp !== found.checksumUp) {
    return { kind: 'lost', reason: 'other_checksum' };
  }
  if (!found.ours) return { kind: 'foreign', reason: 'not_ours' };
  return held?.removed ? { kind: 'foreign', reason: 'rolled_back' } : undefined;
}
