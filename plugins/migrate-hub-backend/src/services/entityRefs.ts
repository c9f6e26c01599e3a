import { randomBytes } from 'crypto';

/**
 * A new entity ref. Random: nothing in it is computed from the e-mail address,
 * which can change hands.
 */
export const mintEntityRef = (): string =>
  `user:default/u-${randomBytes(10).toString('hex')}`;
