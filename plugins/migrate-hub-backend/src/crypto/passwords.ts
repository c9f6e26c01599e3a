import { hash, verify } from '@node-rs/argon2';
import { randomBytes } from 'crypto';

/** The library's defaults, named so that a new version of it cannot weaken them: 19 MiB, two passes. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** What an account without a password is checked against; made at first use. */
let nobody: Promise<string> | undefined;

/** Argon2id in PHC form, with a salt of its own. */
export const hashPassword = (password: string): Promise<string> =>
  hash(password, cost);

/**
 * Whether the password belongs to the hash.
 *
 * @remarks
 * Without a hash it does the same work and says no, so that the time of the
 * answer does not tell which accounts exist.
 */
export async function verifyPassword(
  passwordHash: string | undefined,
  password: string,
): Promise<boolean> {
  if (passwordHash) return verify(passwordHash, password);
  nobody ??= hashPassword(randomBytes(32).toString('hex'));
  await verify(await nobody, password);
  return false;
}
