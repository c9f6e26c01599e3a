import { Knex } from 'knex';
import { Tx, newId } from './Database';

/** Whose password was tried, and from where. */
export interface AttemptKey {
  /** sha256 of the e-mail address. */
  account: string;
  address: string;
}

/** How many attempts did not succeed in the window. */
export interface AttemptCounts {
  account: number;
  address: number;
  /** This account from this address. */
  pair: number;
}

/**
 * Counts an attempt before the password is looked at, unless one of its counts
 * is at its limit. Attempts that share an account or an address are counted
 * one after the other: of many at once exactly as many pass as may, and a
 * refused one leaves nothing, so who waits is let in again.
 *
 * @returns whether the attempt was counted
 */
export async function countAttempt(
  knex: Knex,
  key: AttemptKey,
  window: { seconds: number; limits: AttemptCounts },
): Promise<boolean> {
  const { seconds, limits } = window;
  await knex('sign_in_attempts')
    .whereRaw(`at < now() - make_interval(secs => ?)`, [seconds])
    .delete();
  return knex.transaction(async tx => {
    // In one order for all, so that two attempts never wait for each other.
    for (const name of [`account ${key.account}`, `address ${key.address}`]) {
      await tx.raw(
        `select pg_advisory_xact_lock(hashtext('sign_in_attempts'), hashtext(?))`,
        [name],
      );
    }
    const counts = await countsOf(tx, key, seconds);
    if (
      counts.pair >= limits.pair ||
      counts.account >= limits.account ||
      counts.address >= limits.address
    ) {
      return false;
    }
    await tx('sign_in_attempts').insert({ id: newId(), ...key });
    return true;
  });
}

async function countsOf(
  tx: Tx,
  key: AttemptKey,
  seconds: number,
): Promise<AttemptCounts> {
  const { rows } = await tx.raw(
    `
    select
      count(*) filter (where account = :account)::int as account,
      count(*) filter (where address = :address)::int as address,
      count(*) filter (where account = :account and address = :address)::int as pair
    from sign_in_attempts
    where at > now() - make_interval(secs => :seconds)
      and (account = :account or address = :address)
    `,
    { ...key, seconds },
  );
  return rows[0];
}

/** The right password ends the count of its account. */
export async function clearAttempts(tx: Tx, account: string): Promise<void> {
  await tx('sign_in_attempts').where({ account }).delete();
}
