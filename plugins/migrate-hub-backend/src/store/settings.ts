import { Knex } from 'knex';
import { Tx } from './Database';

/** A setting as it was stored, if ever. */
export interface StoredSetting {
  value: unknown;
  revision: number;
}

export async function findSetting(
  tx: Tx,
  key: string,
): Promise<StoredSetting | undefined> {
  return tx('settings').where({ key }).first('value', 'revision');
}

/** Undefined if somebody was quicker: the revision is not the expected one any more. */
export async function storeSetting(
  tx: Knex.Transaction,
  setting: { key: string; value: object; expectedRevision: number },
): Promise<StoredSetting | undefined> {
  const { key, expectedRevision } = setting;
  const value = JSON.stringify(setting.value);
  const change =
    expectedRevision === 0
      ? tx('settings').insert({ key, value }).onConflict().ignore()
      : tx('settings')
          .where({ key, revision: expectedRevision })
          .update({
            value,
            revision: expectedRevision + 1,
            updated_at: tx.fn.now(),
          });
  const [row] = await change.returning(['value', 'revision']);
  return row;
}

/** For what nobody edits: the last one stays. */
export async function keepSetting(
  tx: Tx,
  key: string,
  value: object,
): Promise<void> {
  await tx('settings')
    .insert({ key, value: JSON.stringify(value) })
    .onConflict('key')
    .merge({ value: JSON.stringify(value), updated_at: tx.fn.now() });
}
