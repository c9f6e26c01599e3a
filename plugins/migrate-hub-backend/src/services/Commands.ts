import { isError } from '@backstage/errors';
import { Knex } from 'knex';
import { HubError } from '../errors';
import { idempotencyStore } from '../store/idempotency';
import { isOutdatedPlan } from '../store/keptPlans';
import { CommandContext } from './context';

const DEADLOCK_DETECTED = '40P01';

/** How often a transaction is begun again, by what broke it off. */
const REPEATS = {
  deadlock: 2,
  /** More than a pool has connections: each may have an outdated plan once. */
  outdatedPlan: 50,
};

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

  /**
   * Again where nothing of it was done: PostgreSQL broke off one of two
   * transactions that waited for each other, or an upgrade has changed a table
   * of which the connection had kept a plan.
   */
  async #transaction<T>(work: (tx: Knex.Transaction) => Promise<T>) {
    const left = { ...REPEATS };
    for (;;) {
      try {
        return await this.#knex.transaction(work);
      } catch (error) {
        const reason = reasonToRepeat(error);
        if (!reason || left[reason] === 0) throw error;
        left[reason] -= 1;
      }
    }
  }
}

function reasonToRepeat(error: unknown): keyof typeof REPEATS | undefined {
  if (isOutdatedPlan(error)) return 'outdatedPlan';
  const isDeadlock = isError(error) && error.code === DEADLOCK_DETECTED;
  return isDeadlock ? 'deadlock' : undefined;
}
