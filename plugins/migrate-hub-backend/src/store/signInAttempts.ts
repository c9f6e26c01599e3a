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
 * Counts an attempt before the password is looked at, so that many at once
 * cannot all pass a check that none of them has been counted in.
 */
export async function beginAttempt(
  knex: Knex,
  key: AttemptKey,
  windowSeconds: number,
): Promise<{ id: string; counts: AttemptCounts }> {
  await knex('sign_in_attempts')
    .whereRaw(`at < now() - make_interval(secs => ?)`, [windowSeconds])
    .delete();
  const id = newId();
  await knex('sign_in_attempts').insert({ id, ...key });
  const { rows } = await knex.raw(
    `
    select
      count(*) filter (where account = :account)::int as account,
      count(*) filter (where address = :address)::int as address,
      count(*) filter (where account = :account and address = :address)::int as pair
    from sign_in_attempts
    where at > now() - make_interval(secs => :windowSeconds)
      and (account = :account or address = :address)
    `,
    { ...key, windowSeconds },
  );
  return { id, counts: rows[0] };
}

/** A refused attempt is not counted: who waits is let in again. */
export async function dropAttempt(tx: Tx, id: string): Promise<void> {
  await tx('sign_in_attempts').where({ id }).delete();
}

/** The right password ends the count of its account. */
export async function clearAttempts(tx: Tx, account: string): Promise<void> {
  await tx('sign_in_attempts').where({ account }).delete();
}
