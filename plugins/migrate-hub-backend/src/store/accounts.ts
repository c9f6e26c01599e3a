import { Knex } from 'knex';
import { sha256 } from '../crypto/canonical';
import { UserRecord } from '../domain/types';
import { Tx } from './Database';
import { ExternalIdentity, toUser, userColumns } from './users';

/** What only sign-in may know about an account. */
export interface StoredPassword {
  hash: string;
  mustChange: boolean;
  /** A one-time password that was not used in time. */
  expired: boolean;
}

export async function findPassword(
  tx: Tx,
  userId: string,
): Promise<StoredPassword | undefined> {
  const row = await tx('users')
    .where({ id: userId })
    .whereNotNull('password_hash')
    .first(
      'password_hash',
      'password_digest',
      'password_must_change',
      tx.raw('coalesce(password_expires_at < now(), false) as expired'),
    );
  // Another hash than the one that the grant covers: somebody put it there.
  if (row && sha256(row.password_hash) !== row.password_digest) {
    return undefined;
  }
  return (
    row && {
      hash: row.password_hash,
      mustChange: row.password_must_change,
      expired: row.expired,
    }
  );
}

export async function findPasswordHash(
  tx: Tx,
  userId: string,
): Promise<string | undefined> {
  return (await findPassword(tx, userId))?.hash;
}

/** Whom the identity provider means, locked. */
export async function lockExternalUser(
  tx: Knex.Transaction,
  identity: ExternalIdentity,
): Promise<UserRecord | undefined> {
  const row = await tx('users as u')
    .where({
      'u.external_issuer': identity.issuer,
      'u.external_sub': identity.sub,
    })
    .forNoKeyUpdate()
    .first(userColumns('u'));
  return row && toUser(row);
}

/** @param email - in lower case */
export async function lockUserByEmail(
  tx: Knex.Transaction,
  email: string,
): Promise<UserRecord | undefined> {
  const row = await tx('users as u')
    .where('u.email', email)
    .forNoKeyUpdate()
    .first(userColumns('u'));
  return row && toUser(row);
}

/** Tokens without a session that were issued before now are refused from now on. */
export async function refuseEarlierTokens(
  tx: Knex.Transaction,
  id: string,
): Promise<void> {
  await tx('users').where({ id }).update({ tokens_valid_from: tx.fn.now() });
}

/**
 * The account that an address of the config made an admin: the first that came
 * with it, for ever.
 */
export async function bindFirstAdmin(
  tx: Knex.Transaction,
  email: string,
  userId: string,
): Promise<string> {
  await tx('first_admins')
    .insert({ email, user_id: userId })
    .onConflict()
    .ignore();
  const row = await tx('first_admins').where({ email }).first('user_id');
  return row.user_id;
}
