import { isError } from '@backstage/errors';
import { Knex } from 'knex';
import { HubError } from '../errors';
import { idempotencyStore } from '../store/idempotency';
import { CommandContext } from './context';

const DEADLOCK_DETECTED = '40P01';
const MAX_ATTEMPTS = 3;

/**
 * Runs commands: one command, one transaction, with the state change, the
 * audit event and the remembered answer of an idempotent POST in it.
 */
export class Commands {
  readonly #knex: Knex;

  private constructor(knex: Knex) {
    this.#knex = knex;
  }

  static create(knex: Knex): Commands {
    return new Commands(knex);
  }

  /** The pool, for reads. */
  get knex(): Knex {
    return this.#knex;
  }

  /**
   * Runs `work` in a transaction. With an idempotency key the first answer is
   * kept and given again; a second caller with the same key waits for the first.
   *
   * @throws HubError `IDEMPOTENCY_KEY_REUSED` for the same key with another body.
   */
  async run<T>(
    context: Pick<CommandContext, 'caller' | 'idempotency'>,
    work: (tx: Knex.Transaction) => Promise<T>,
  ): Promise<T> {
    const { idempotency } = context;
    if (!idempotency) return this.#transaction(work);

    const scope = { userId: context.caller.user.id, ...idempotency };
    return this.#transaction(async tx => {
      const fresh = await idempotencyStore.begin(tx, scope);
      if (fresh) {
        const answer = await work(tx);
        await idempotencyStore.finish(tx, scope, answer);
        return answer;
      }
      const earlier = await idempotencyStore.get(tx, scope);
      if (earlier.bodyHash !== idempotency.bodyHash) {
        throw new HubError(
          'IDEMPOTENCY_KEY_REUSED',
          'This Idempotency-Key was used for another request. Use a new key for a new request.',
        );
      }
      return earlier.response as T;
    });
  }
  /** PostgreSQL broke off one of two transactions that waited for each other: nothing of it was done. */
  async #transaction<T>(work: (tx: Knex.Transaction) => Promise<T>) {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#knex.transaction(work);
      } catch (error) {
        const isDeadlock = isError(error) && error.code === DEADLOCK_DETECTED;
        if (!isDeadlock || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }
}
