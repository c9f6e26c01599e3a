import { Knex } from 'knex';
import { SecretBinding } from '../crypto/SecretBox';
import { Tx } from './Database';

/** Where ciphertexts stand. */
export const secretHolders = [
  'targets',
  'clientCertificates',
  'sessions',
  'webhooks',
] as const;
export type SecretHolder = (typeof secretHolders)[number];

/** A row of a batch, with what its ciphertexts are bound to. */
export type SealedRow =
  | {
      holder: 'targets' | 'clientCertificates';
      id: string;
      secret: string;
      binding: SecretBinding;
    }
  | { holder: 'sessions' | 'webhooks'; id: string; secret: string };

const columnOf = {
  targets: ['db_targets', 'secret'],
  clientCertificates: ['db_targets', 'client_secret'],
  sessions: ['sessions', 'upstream_token'],
  webhooks: ['webhooks', 'secret'],
} as const;

/** The id of the key stands in each ciphertext: see crypto/SecretBox. */
const keyOf = (column: string) => `split_part(${column}, '.', 2)`;

/** Remembers when each key was first there. */
export async function noteKeys(tx: Tx, ids: string[]): Promise<void> {
  await tx('secret_keys')
    .insert(ids.map(id => ({ id })))
    .onConflict()
    .ignore();
}

export async function findKeys(
  tx: Tx,
): Promise<ReadonlyMap<string, { since: Date }>> {
  const rows = await tx('secret_keys').select('id', 'since');
  return new Map(rows.map(({ id, since }) => [id, { since }]));
}

export interface SecretCount {
  holder: SecretHolder;
  keyId: string;
  count: number;
}

/** How many ciphertexts there are under each key. */
export async function countSecrets(tx: Tx): Promise<SecretCount[]> {
  const counts = secretHolders.map(holder => {
    const [table, column] = columnOf[holder];
    return `select '${holder}' as holder, ${keyOf(
      column,
    )} as key_id, count(*)::int
              from ${table} where ${column} is not null group by 2`;
  });
  const { rows } = await tx.raw(counts.join(' union all '));
  return rows.map(
    (row: { holder: SecretHolder; key_id: string; count: number }) => ({
      holder: row.holder,
      keyId: row.key_id,
      count: row.count,
    }),
  );
}

/**
 * Locks the next rows, by rising id, that are under another key than this one.
 * Rows that somebody else holds are waited for: none is left out.
 */
export async function lockSealedRows(
  tx: Knex.Transaction,
  ask: {
    holder: SecretHolder;
    notUnder: string;
    after?: string;
    limit: number;
  },
): Promise<SealedRow[]> {
  const { holder, notUnder, after, limit } = ask;
  const [table, column] = columnOf[holder];
  const query = tx(table)
    .whereNotNull(column)
    .whereRaw(`${keyOf(column)} <> ?`, [notUnder])
    .orderBy('id')
    .limit(limit)
    .forNoKeyUpdate();
  if (after) query.where('id', '>', after);
  const rows = await query.select('*');
  return rows.map(row => {
    const { id, engine, host, port, username, tls } = row;
    const secret = row[column];
    if (holder === 'sessions' || holder === 'webhooks') {
      return { holder, id, secret };
    }
    const address = { id, engine, host, port, username, tls };
    const binding: SecretBinding =
      holder === 'targets' ? address : { ...address, use: 'clientCertificate' };
    return { holder, id, secret, binding };
  });
}

/** Puts the same secret under another key: no change that anybody has to hear of. */
export async function replaceSecret(
  tx: Knex.Transaction,
  row: { holder: SecretHolder; id: string; secret: string },
): Promise<void> {
  const [table, column] = columnOf[row.holder];
  await tx(table)
    .where({ id: row.id })
    .update({ [column]: row.secret });
}
