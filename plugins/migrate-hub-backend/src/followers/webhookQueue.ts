import { webhookEventSchema } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { FedEvent } from '../store/eventFeed';
import { enqueueDeliveries } from '../store/webhookDeliveries';
import { hubEventOf } from './hubEvent';

/** Puts what webhooks asked for into their queue, in the transaction that empties the feed. */
export async function queueForWebhooks(
  tx: Knex.Transaction,
  events: readonly FedEvent[],
): Promise<void> {
  await enqueueDeliveries(
    tx,
    events.flatMap(fed => {
      const event = webhookEventSchema.safeParse(fed.action);
      if (!event.success) return [];
      return [{ event: event.data, body: JSON.stringify(hubEventOf(fed)) }];
    }),
  );
}
