import { Knex } from 'knex';
import {
  environmentCounts,
  EnvironmentCounts,
  totals,
} from '../store/dashboard';

/** Counts of everything there is. */
export interface Counts {
  environments: EnvironmentCounts[];
  totals: Awaited<ReturnType<typeof totals>>;
}

/** From so many migrations on counting takes long enough to be done for all who ask. */
const MANY = 10_000;

const KEPT_MS = 5_000;

/**
 * What the dashboard counts. In a large hub it is counted every few seconds at
 * the most, once for everybody who asks meanwhile; in others for each of them.
 */
export class KeptCounts {
  readonly #knex: Knex;
  #counting: Promise<Counts> | undefined;
  #kept: { counts: Counts; until: number } | undefined;

  private constructor(knex: Knex) {
    this.#knex = knex;
  }

  static create(options: { knex: Knex }): KeptCounts {
    return new KeptCounts(options.knex);
  }

  async read(): Promise<Counts> {
    if (this.#kept && this.#kept.until > performance.now()) {
      return this.#kept.counts;
    }
    // Whoever comes while it is counted would in a small hub be told what was before.
    if (!this.#kept) return this.#count();
    this.#counting ??= this.#count().finally(() => {
      this.#counting = undefined;
    });
    return this.#counting;
  }

  async #count(): Promise<Counts> {
    const counts = {
      environments: await environmentCounts(this.#knex),
      totals: await totals(this.#knex),
    };
    this.#kept =
      counts.totals.migrations < MANY
        ? undefined
        : { counts, until: performance.now() + KEPT_MS };
    return counts;
  }
}
