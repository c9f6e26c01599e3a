import { RootConfigService } from '@backstage/backend-plugin-api';
import { Knex } from 'knex';
import { HubError } from '../errors';
import { countRequest } from '../store/requestCounts';
import { CommandContext } from './context';

/** What costs much, or shows much to who asks often; with what the config calls it. */
const LIMITED = {
  connectionTest: {
    setting: 'connectionTestsPerMinute',
    perMinute: 120,
    words: 'connection tests',
  },
  analysis: {
    setting: 'analysesPerMinute',
    perMinute: 300,
    words: 'analyses of SQL',
  },
} as const;

export type LimitedAct = keyof typeof LIMITED;

/** So many calls of a kind has a user in a minute, counted over all replicas. */
export class RateLimits {
  readonly #knex: Knex;
  readonly #perMinute: Record<LimitedAct, number>;

  private constructor(knex: Knex, perMinute: Record<LimitedAct, number>) {
    this.#knex = knex;
    this.#perMinute = perMinute;
  }

  /** @throws Error that names the setting, at start-up. */
  static create(options: {
    knex: Knex;
    config: RootConfigService;
  }): RateLimits {
    const { knex, config } = options;
    const read = (act: LimitedAct) => {
      const key = `migrateHub.limits.${LIMITED[act].setting}`;
      const limit = config.getOptionalNumber(key) ?? LIMITED[act].perMinute;
      if (Number.isInteger(limit) && limit > 0) return limit;
      throw new Error(`${key} must be a whole number above 0`);
    };
    return new RateLimits(knex, {
      connectionTest: read('connectionTest'),
      analysis: read('analysis'),
    });
  }

  /** @throws HubError `TOO_MANY_REQUESTS` that says when to come again. */
  async count({ caller }: CommandContext, act: LimitedAct): Promise<void> {
    const { count, secondsLeft } = await countRequest(
      this.#knex,
      `${act} ${caller.user.id}`,
    );
    const limit = this.#perMinute[act];
    if (count <= limit) return;
    throw new HubError(
      'TOO_MANY_REQUESTS',
      `More than ${limit} ${LIMITED[act].words} in a minute are too many for one user. Try again in ${secondsLeft} s.`,
      { retryAfterSeconds: secondsLeft },
    );
  }
}
