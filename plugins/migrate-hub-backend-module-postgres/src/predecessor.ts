import { DatabaseError, escapeLiteral } from 'pg';
import { SessionHandle } from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { STARTED_AT } from './server';
import { Wire } from './Wire';

/**
 * - `gone`: not there, or another session that was given the number later
 * - `idle`: waits for its client, also within a transaction
 * - `active`: executes something, or is ending
 * - `hidden`: this account may not see it, and it holds the lock
 */
export type PredecessorState = 'gone' | 'idle' | 'active' | 'hidden';

/** The session that an earlier attempt at the same item may have left behind. */
export class Predecessor {
  readonly #wire: Wire;
  /** One row or none; a process number is given again, so the start counts as well. */
  readonly #itself: string;
  readonly pid: string;
  #refusal: string | undefined;

  constructor(wire: Wire, { pid, startedAt }: SessionHandle) {
    this.#wire = wire;
    this.pid = pid;
    this.#itself = `pid = ${Number(pid)} AND ${STARTED_AT} = ${escapeLiteral(
      startedAt,
    )}`;
  }

  /** Why the server did not let it be ended. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  /**
   * @remarks
   * Sessions of other accounts have no visible start. One of those is not ours,
   * for we sign in as the same account, unless it holds the lock.
   */
  async state(lockHolder: string | undefined): Promise<PredecessorState> {
    const [{ rows }] = await this.#wire.ask(
      `SELECT state FROM pg_catalog.pg_stat_activity WHERE ${this.#itself}`,
    );
    if (rows.length) {
      return String(rows[0].state).startsWith('idle') ? 'idle' : 'active';
    }
    return lockHolder === this.pid && (await this.#isHidden())
      ? 'hidden'
      : 'gone';
  }

  async end(): Promise<void> {
    try {
      await this.#wire.ask(
        `SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE ${
          this.#itself
        }`,
      );
    } catch (error) {
      if (!(error instanceof DatabaseError && error.code === '42501')) {
        throw error;
      }
      this.#refusal = error.message;
    }
  }

  async #isHidden(): Promise<boolean> {
    const [{ rows }] = await this.#wire.ask(
      `SELECT FROM pg_catalog.pg_stat_activity WHERE pid = ${Number(
        this.pid,
      )} AND backend_start IS NULL`,
    );
    return rows.length > 0;
  }
}
