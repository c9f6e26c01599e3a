import { PlannedStatement } from '@migrate-hub/backstage-plugin-migrate-hub-node';

/** What leaves together should be done within so long: a worker looks only in between whether it has to stop. */
const QUICK_MS = 50;

const MOST_STATEMENTS = 256;
const MOST_BYTES = 500_000;

/**
 * How many statements of a transaction leave together. Slow ones go alone, so
 * that a shutdown waits for a moment's work, or for the rest of one group where
 * quick ones turn slow. A cancel waits for neither: it ends what is under way.
 */
export class StatementPace {
  readonly #statements: PlannedStatement[];
  #most = 1;

  constructor(statements: PlannedStatement[]) {
    this.#statements = statements;
  }

  /** @returns how many of those from `first` to `last`, inclusive; at least one */
  next(first: number, last: number): number {
    let bytes = 0;
    let count = 0;
    for (let at = first; at <= last && count < this.#most; at += 1) {
      const { start, end } = this.#statements[at];
      bytes += end - start;
      if (count > 0 && bytes > MOST_BYTES) break;
      count += 1;
    }
    return count;
  }

  /** @param elapsedMs - of those that left together last */
  took(elapsedMs: number): void {
    this.#most =
      elapsedMs < QUICK_MS
        ? Math.min(this.#most * 2, MOST_STATEMENTS)
        : Math.max(Math.floor(this.#most / 2), 1);
  }
}
