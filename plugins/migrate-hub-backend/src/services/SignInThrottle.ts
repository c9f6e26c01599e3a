import { Knex } from 'knex';
import { sha256 } from '../crypto/canonical';
import { HubError } from '../errors';
import {
  AttemptCounts,
  clearAttempts,
  countAttempt,
} from '../store/signInAttempts';
import { Tx } from '../store/Database';

/** An account is slowed down for this long. */
export const WINDOW_SECONDS = 15 * 60;

/**
 * Attempts in the window. The pair is tight, so that guessing at one account
 * ends soon without locking its owner out elsewhere; the others stop many
 * addresses at one account, and one address at many accounts.
 */
const LIMITS: AttemptCounts = { pair: 10, account: 100, address: 100 };

/** An attempt that was counted; `succeeded` takes it and its account off the count. */
export interface CountedAttempt {
  succeeded(tx: Tx): Promise<void>;
}

/** Slows down guessing of passwords, counted in the database over all replicas. */
export class SignInThrottle {
  readonly #knex: Knex;

  private constructor(knex: Knex) {
    this.#knex = knex;
  }

  static create(options: { knex: Knex }): SignInThrottle {
    return new SignInThrottle(options.knex);
  }

  /** @throws HubError `TOO_MANY_REQUESTS`, the same for accounts that exist and that do not. */
  async begin(attempt: {
    email: string;
    address?: string;
  }): Promise<CountedAttempt> {
    const account = sha256(attempt.email.trim().toLowerCase());
    const counted = await countAttempt(
      this.#knex,
      { account, address: attempt.address ?? 'unknown' },
      { seconds: WINDOW_SECONDS, limits: LIMITS },
    );
    if (counted) return { succeeded: tx => clearAttempts(tx, account) };

    throw new HubError(
      'TOO_MANY_REQUESTS',
      'Too many failed sign-ins. Wait 15 minutes and try again.',
      { retryAfterSeconds: WINDOW_SECONDS },
    );
  }
}
