import { digestOf } from '../domain/binding';
import { RevisionRecord, RunRecord, VersionRecord } from '../domain/types';
import { Tx } from '../store/Database';
import { findVersion } from '../store/migrations';
import { changersOf, currentRevisions } from '../store/runRevisions';

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
  const revision = (await currentRevisions(tx, [run.id])).get(run.id);
  if (!revision) return undefined;
  const version = await findVersion(tx, run.migrationId, revision.version);
  if (!version) return undefined;
  return { revision, version, changerIds: await changersOf(tx, run.id) };
}

/**
 * Revisions of the runs at work. A revision is an immutable row, and with many
 * targets a long one: its digest is checked once, not for every item.
 */
export class KnownRevisions {
  readonly #known = new Map<string, KnownRevision>();

  /** @returns undefined if the run is at another revision by now */
  async get(tx: Tx, run: RunRecord): Promise<KnownRevision | undefined> {
    const key = `${run.id} ${run.revision}`;
    const known = this.#known.get(key);
    if (known) return known;
    const basis = await readRevisionBasis(tx, run);
    if (basis?.revision.revision !== run.revision) return undefined;
    const sound = digestOf(basis.revision.binding) === basis.revision.digest;
    const found = { ...basis, sound };
    this.#known.set(key, found);
    const [oldest] = this.#known.keys();
    if (this.#known.size > KEPT) this.#known.delete(oldest);
    return found;
  }
}
