import { HubEvent } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { FedEvent } from '../store/eventFeed';

/** Payloads of the others may hold addresses and e-mails. */
const OPEN_PAYLOADS = ['run', 'run_item'];

/** An audit event as others may see it. */
export function hubEventOf(event: FedEvent): HubEvent {
  const { migrationId, migrationKey } = event;
  return {
    id: event.id,
    at: event.at.toISOString(),
    action: event.action,
    entityType: event.entityType,
    entityId: event.entityId,
    actor: event.actorRef,
    migration:
      migrationId && migrationKey
        ? { id: migrationId, key: migrationKey }
        : undefined,
    run: event.runId,
    environment: event.environment,
    payload: OPEN_PAYLOADS.includes(event.entityType)
      ? event.payload
      : undefined,
  };
}
