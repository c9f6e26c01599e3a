import { webhookEventSchema } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { Checkpoint } from '../domain/auditChain';
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

/** The same for a checkpoint of the audit chain: whoever keeps it can tell if the trail is cut. */
export async function announceCheckpoint(
  knex: Knex,
  checkpoint: Checkpoint,
): Promise<void> {
  const body = JSON.stringify({
    action: 'audit.checkpoint',
    at: checkpoint.at.toISOString(),
    previous: checkpoint.previous,
    seq: checkpoint.seq,
    hash: checkpoint.hash.toString('hex'),
    keyId: checkpoint.keyId,
    signature: checkpoint.signature.toString('base64'),
  });
  await knex.transaction(tx =>
    enqueueDeliveries(tx, [{ event: 'audit.checkpoint', body }]),
  );
}
