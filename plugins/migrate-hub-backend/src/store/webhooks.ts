import { WebhookEvent } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { Cursor } from './cursor';
import { Tx } from './Database';
import { exactTime } from './rows';

/** A receiver outside, and what it is told of. */
export interface WebhookRecord {
  id: string;
  url: string;
  events: WebhookEvent[];
  /** Ciphertext, bound to the id. */
  secret: string;
  disabled: boolean;
  revision: number;
  createdBy: string;
  createdAt: Date;
  /** With the digits that a cursor keeps. */
  exactCreatedAt: string;
  updatedAt: Date;
}

const columns = (tx: Tx) => [
  '*',
  tx.raw(exactTime('created_at', 'exact_created_at')),
];

const toWebhook = (row: {
  id: string;
  url: string;
  events: WebhookEvent[];
  secret: string;
  disabled_at: Date | null;
  revision: number;
  created_by: string;
  created_at: Date;
  exact_created_at: string;
  updated_at: Date;
}): WebhookRecord => ({
  id: row.id,
  url: row.url,
  events: row.events,
  secret: row.secret,
  disabled: row.disabled_at !== null,
  revision: row.revision,
  createdBy: row.created_by,
  createdAt: row.created_at,
  exactCreatedAt: row.exact_created_at,
  updatedAt: row.updated_at,
});

/** Newest first; one row more than `limit` tells that there is a next page. */
export async function listWebhooks(
  tx: Tx,
  page: { limit: number; after?: Cursor },
): Promise<WebhookRecord[]> {
  const query = tx('webhooks')
    .select(columns(tx))
    .orderBy('id', 'desc')
    .limit(page.limit + 1);
  if (page.after) query.where('id', '<', page.after.id);
  return (await query).map(toWebhook);
}

export async function lockWebhook(
  tx: Knex.Transaction,
  id: string,
): Promise<WebhookRecord | undefined> {
  const row = await tx('webhooks').where({ id }).forUpdate().first(columns(tx));
  return row && toWebhook(row);
}

export async function insertWebhook(
  tx: Knex.Transaction,
  webhook: Pick<
    WebhookRecord,
    'id' | 'url' | 'events' | 'secret' | 'createdBy'
  >,
): Promise<WebhookRecord> {
  const { id, url, events, secret, createdBy } = webhook;
  const [row] = await tx('webhooks')
    .insert({ id, url, events, secret, created_by: createdBy })
    .returning(columns(tx) as string[]);
  return toWebhook(row);
}

export async function updateWebhook(
  tx: Knex.Transaction,
  id: string,
  change: Partial<
    Pick<WebhookRecord, 'url' | 'events' | 'secret' | 'disabled'>
  >,
): Promise<WebhookRecord> {
  const { url, events, secret, disabled } = change;
  const [row] = await tx('webhooks')
    .where({ id })
    .update({
      url,
      events,
      secret,
      disabled_at:
        disabled === undefined
          ? undefined
          : tx.raw(disabled ? 'coalesce(disabled_at, now())' : 'null'),
      revision: tx.raw('revision + 1'),
      updated_at: tx.fn.now(),
    })
    .returning(columns(tx) as string[]);
  return toWebhook(row);
}

export async function deleteWebhook(
  tx: Knex.Transaction,
  id: string,
): Promise<void> {
  await tx('webhooks').where({ id }).delete();
}
