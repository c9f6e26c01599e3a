import { digestOf } from '../domain/binding';
import { RevisionRecord, RunRecord, VersionRecord } from '../domain/types';
import { Tx } from '../store/Database';
import { changersOf, revisionOfRun, versionOfRun } from '../store/runRevisions';
import { together } from '../store/together';

/** What never changes about a revision. */
export interface RevisionBasis {
  revision: RevisionRecord;
  /** The version that it binds. */
  version: VersionRecord;
  /** Who made the revisions after the first, up to this one. */
  changerIds: string[];
}

interface KnownRevision extends RevisionBasis {
  /** The stored binding has the stored digest. */
  sound: boolean;
}

const KEPT = 20;

/** @returns undefined if there is no such run, or not all of it */
export async function readRevisionBasis(
  tx: Tx,
  run: RunRecord,
): Promise<RevisionBasis | undefined> {
  const [revision, version, changerIds] = await together(tx, [
    revisionOfRun(tx, run),
    versionOfRun(tx, run),
    changersOf(tx, run),
  ]);
  return revision && version && { revision, version, changerIds };
}

/**
 * Revisions of the runs at work, as the given records have them. A revision is
 * an immutable row, and with many targets a long one: its digest is checked
 * once, not for every item.
 */
export class KnownRevisions {
  readonly #known = new Map<string, KnownRevision>();

  /** @returns undefined if there is no such revision */
  async get(tx: Tx, run: RunRecord): Promise<KnownRevision | undefined> {
    const key = `${run.id} ${run.revision}`;
    const known = this.#known.get(key);
    if (known) return known;
    const basis = await readRevisionBasis(tx, run);
    if (!basis) return undefined;
    const sound = digestOf(basis.revision.binding) === basis.revision.digest;
    const found = { ...basis, sound };
    this.#known.set(key, found);
    const [oldest] = this.#known.keys();
    if (this.#known.size > KEPT) this.#known.delete(oldest);
    return found;
  }
}
