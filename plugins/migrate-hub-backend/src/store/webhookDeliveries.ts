import {
  DeliveredEvent,
  WebhookDelivery,
  WebhookEvent,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { newId, Tx } from './Database';
import { optional } from './rows';

/** What is to be told, to whoever asked for it. */
export interface Announcement {
  event: WebhookEvent;
  /** The very bytes that are sent. */
  body: string;
}

/** A delivery that is this replica's to make, for a while. */
export interface DueDelivery {
  id: string;
  webhookId: string;
  event: DeliveredEvent;
  body: string;
  /** Counted from 1. */
  attempt: number;
  url: string;
  /** Ciphertext. */
  secret: string;
}

/** A row for each enabled webhook that asked for the event. */
export async function enqueueDeliveries(
  tx: Knex.Transaction,
  announcements: readonly Announcement[],
): Promise<void> {
  if (announcements.length === 0) return;
  const webhooks = await tx('webhooks')
    .whereNull('disabled_at')
    .select('id', 'events');
  const rows = announcements.flatMap(({ event, body }) =>
    webhooks
      .filter(({ events }) => events.includes(event))
      .map(({ id }) => ({ id: newId(), webhook_id: id, event, body })),
  );
  if (rows.length > 0) await tx('webhook_deliveries').insert(rows);
}

/** A test for one webhook, whatever it asked for. */
export async function enqueueTest(
  tx: Knex.Transaction,
  webhookId: string,
): Promise<void> {
  const event: DeliveredEvent = 'webhook.test';
  const { rows } = await tx.raw('select now() as at');
  const body = JSON.stringify({
    id: newId(),
    at: rows[0].at.toISOString(),
    action: event,
    entityType: 'webhook',
    entityId: webhookId,
  });
  await tx('webhook_deliveries').insert({
    ...{ id: newId(), webhook_id: webhookId, event, body },
  });
}

/**
 * Takes what is due, and keeps it from other replicas for a while: whoever
 * dies meanwhile leaves it to them, and it may be told twice.
 *
 * @remarks relies on webhook_deliveries_due
 */
export async function claimDeliveries(
  tx: Tx,
  ask: { limit: number; leaseSeconds: number },
): Promise<DueDelivery[]> {
  const { rows } = await tx.raw(
    `
    with due as (
      select d.id from webhook_deliveries d join webhooks w on w.id = d.webhook_id
       where d.status = 'waiting' and d.next_attempt_at <= now() and w.disabled_at is null
       order by d.next_attempt_at, d.id
       limit :limit
         for update of d skip locked)
    update webhook_deliveries d
       set attempts = d.attempts + 1,
           next_attempt_at = now() + make_interval(secs => :leaseSeconds)
      from due, webhooks w
     where d.id = due.id and w.id = d.webhook_id
    returning d.id, d.webhook_id as "webhookId", d.event, d.body,
              d.attempts as attempt, w.url, w.secret`,
    ask,
  );
  return rows;
}

/** How an attempt ended; absent `retrySeconds`: it was the last one. */
export async function finishAttempt(
  tx: Tx,
  delivery: Pick<DueDelivery, 'id' | 'attempt'>,
  result: {
    delivered: boolean;
    statusCode?: number;
    error?: string;
    retrySeconds?: number;
  },
): Promise<void> {
  const { delivered, statusCode, error, retrySeconds } = result;
  const again = !delivered && retrySeconds !== undefined;
  const ended = delivered ? 'delivered' : 'failed';
  await tx('webhook_deliveries')
    .where({ id: delivery.id, attempts: delivery.attempt, status: 'waiting' })
    .update({
      status: again ? 'waiting' : ended,
      status_code: statusCode ?? null,
      error: error ?? null,
      next_attempt_at: again
        ? tx.raw('now() + make_interval(secs => ?)', [retrySeconds])
        : undefined,
      finished_at: again ? undefined : tx.fn.now(),
    });
}

const toDelivery = (row: {
  id: string;
  event: DeliveredEvent;
  status: WebhookDelivery['status'];
  attempts: number;
  created_at: Date;
  next_attempt_at: Date;
  finished_at: Date | null;
  status_code: number | null;
  error: string | null;
}): WebhookDelivery => ({
  id: row.id,
  event: row.event,
  status: row.status,
  attempts: row.attempts,
  createdAt: row.created_at.toISOString(),
  nextAttemptAt:
    row.status === 'waiting' ? row.next_attempt_at.toISOString() : undefined,
  finishedAt: row.finished_at?.toISOString(),
  statusCode: optional(row.status_code),
  error: optional(row.error),
});

/** The newest deliveries of each webhook, newest first. */
export async function lastDeliveries(
  tx: Tx,
  webhookIds: string[],
  each: number,
): Promise<(webhookId: string) => WebhookDelivery[]> {
  const { rows } = await tx.raw(
    `
    select d.* from unnest(?::uuid[]) as w(id)
      cross join lateral (
        select * from webhook_deliveries
         where webhook_id = w.id order by id desc limit ?) as d
     order by d.id desc`,
    [webhookIds, each],
  );
  return webhookId =>
    rows
      .filter((row: { webhook_id: string }) => row.webhook_id === webhookId)
      .map(toDelivery);
}

/** Forgets what ended long ago; the audit trail has what happened. */
export async function pruneDeliveries(tx: Tx): Promise<void> {
  await tx('webhook_deliveries')
    .whereRaw(`finished_at < now() - interval '14 days'`)
    .delete();
}
