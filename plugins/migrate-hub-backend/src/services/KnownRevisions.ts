import { digestOf } from '../domain/binding';
import { RevisionRecord, RunRecord } from '../domain/types';
import { Tx } from '../store/Database';
import { currentRevisions } from '../store/runs';

interface KnownRevision {
  revision: RevisionRecord;
  /** The stored binding has the stored digest. */
  sound: boolean;
}

const KEPT = 20;

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
    const revision = (await currentRevisions(tx, [run.id])).get(run.id);
    if (revision?.revision !== run.revision) return undefined;
    const sound = digestOf(revision.binding) === revision.digest;
    const found = { revision, sound };
    this.#known.set(key, found);
    const [oldest] = this.#known.keys();
    if (this.#known.size > KEPT) this.#known.delete(oldest);
    return found;
  }
}
