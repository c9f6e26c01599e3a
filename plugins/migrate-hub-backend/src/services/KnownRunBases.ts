import { DbTargetRecord } from '../domain/types';
import { Tx } from '../store/Database';
import { readRunBasis, readRunBasisState, RunBasis } from '../store/runBasis';

const KEPT = 20;

/**
 * What the rules ask of the runs at work. Each item of a run asks twice, and in
 * between mostly nothing has changed: then one look at the versions of the rows
 * tells so, and they are not read again. What is answered is as new as if they
 * were: a row that anybody has touched has another version.
 */
export class KnownRunBases {
  readonly #known = new Map<string, { stamp: string; basis: RunBasis }>();

  /** @returns undefined if there is no such run; of the targets, those that there are */
  async read(
    tx: Tx,
    ask: { runId: string; targetIds: string[] },
  ): Promise<(RunBasis & { targets: DbTargetRecord[] }) | undefined> {
    const { state, targets } = await readRunBasisState(tx, ask);
    if (!state) return undefined;
    const known = this.#known.get(ask.runId);
    if (known?.stamp !== state.stamp) {
      const basis = await readRunBasis(tx, ask.runId);
      // Read after the stamp: if something changed in between, the next stamp shows it.
      if (basis) this.#keep(ask.runId, { stamp: state.stamp, basis });
      return basis && { ...basis, targets };
    }
    const { basis } = known;
    return {
      ...basis,
      environmentPolicy: { ...basis.environmentPolicy, now: state.now },
      targets,
    };
  }

  #keep(runId: string, known: { stamp: string; basis: RunBasis }): void {
    this.#known.delete(runId);
    this.#known.set(runId, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > KEPT) this.#known.delete(oldest);
  }
}
