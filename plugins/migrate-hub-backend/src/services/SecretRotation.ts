import { SecretSettings } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { SecretBox } from '../crypto/SecretBox';
import { administerRefusal } from '../domain/actions';
import { HubError } from '../errors';
import { appendAuditEvent } from '../store/audit';
import * as store from '../store/secrets';
import { CommandContext } from './context';
import { refuse } from './refuse';

const BATCH = 100;

/** What a rotation, or a batch of it, came to. */
export interface Rotated {
  targets: number;
  clientCertificates: number;
  sessions: number;
  webhooks: number;
  /** Left as they are: encrypted with a key that is not configured, or for another address. */
  unreadable: number;
}

const nothing = (): Rotated => ({
  targets: 0,
  clientCertificates: 0,
  sessions: 0,
  webhooks: 0,
  unreadable: 0,
});

/** Knows which key each secret is encrypted with, and moves them to the first. */
export class SecretRotation {
  readonly #knex: Knex;
  readonly #secrets: SecretBox;

  private constructor(knex: Knex, secrets: SecretBox) {
    this.#knex = knex;
    this.#secrets = secrets;
  }

  static create(options: { knex: Knex; secrets: SecretBox }): SecretRotation {
    return new SecretRotation(options.knex, options.secrets);
  }

  /** At the start: from now on the age of the keys is known. */
  async noteKeys(): Promise<void> {
    await store.noteKeys(this.#knex, this.#secrets.keyIds);
  }

  /** @throws HubError `ROLE_REQUIRED` unless the caller is an admin. */
  async settings(context: CommandContext): Promise<SecretSettings> {
    refuse(administerRefusal(context.caller));
    const noted = await store.findKeys(this.#knex);
    const counts = await store.countSecrets(this.#knex);
    const { keyIds, currentKeyId } = this.#secrets;
    const ids = new Set([...keyIds, ...counts.map(({ keyId }) => keyId)]);
    const under = (id: string, holder: store.SecretHolder) =>
      counts.find(one => one.keyId === id && one.holder === holder)?.count ?? 0;
    return {
      keys: [...ids].map(id => ({
        id,
        current: id === currentKeyId,
        configured: keyIds.includes(id),
        since: noted.get(id)?.since.toISOString(),
        ciphertexts: {
          targets: under(id, 'targets'),
          clientCertificates: under(id, 'clientCertificates'),
          sessions: under(id, 'sessions'),
          webhooks: under(id, 'webhooks'),
        },
      })),
    };
  }

  /**
   * Encrypts with the first key whatever is encrypted with another, batch by
   * batch, each a transaction with its audit event. The hub may run meanwhile.
   * Broken off, it is simply called again: what is done is not done twice.
   *
   * @param options - `onBatch`: told after each batch that is committed
   */
  async rotate(
    options: { batch?: number; onBatch?: (done: Rotated) => void } = {},
  ): Promise<Rotated> {
    const { batch = BATCH, onBatch } = options;
    const sum = nothing();
    for (const holder of store.secretHolders) {
      let after: string | undefined;
      for (;;) {
        const done = await this.#rotateBatch({ holder, after, limit: batch });
        if (!done.last) break;
        after = done.last;
        sum[holder] += done.rotated[holder];
        sum.unreadable += done.rotated.unreadable;
        onBatch?.({ ...sum });
      }
    }
    return sum;
  }

  async #rotateBatch(ask: {
    holder: store.SecretHolder;
    after?: string;
    limit: number;
  }): Promise<{ last?: string; rotated: Rotated }> {
    const key = this.#secrets.currentKeyId;
    const rotated = nothing();
    return this.#knex.transaction(async tx => {
      const rows = await store.lockSealedRows(tx, { ...ask, notUnder: key });
      for (const row of rows) {
        const secret = this.#reseal(row);
        if (secret === undefined) {
          rotated.unreadable += 1;
          continue;
        }
        await store.replaceSecret(tx, { ...row, secret });
        rotated[row.holder] += 1;
      }
      if (rows.length > 0) {
        await appendAuditEvent(tx, {
          action: 'secrets.rotated',
          entityType: 'settings',
          entityId: 'secrets',
          payload: { key, ...rotated },
        });
      }
      return { last: rows.at(-1)?.id, rotated };
    });
  }

  #reseal(row: store.SealedRow): string | undefined {
    if (!('binding' in row)) {
      const token = this.#secrets.openToken(row.secret, row.id);
      return token === undefined
        ? undefined
        : this.#secrets.sealToken(token, row.id);
    }
    try {
      const secret = this.#secrets.open(row.secret, row.binding);
      return this.#secrets.seal(secret, row.binding);
    } catch (error) {
      if (error instanceof HubError) return undefined;
      throw error;
    }
  }
}
