import {
  Webhook,
  pageQuerySchema,
  webhookCreateSchema,
  webhookPatchSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { z } from 'zod';
import { SecretBox } from '../crypto/SecretBox';
import { administerRefusal } from '../domain/actions';
import { HubError } from '../errors';
import { appendAuditEvent, NewAuditEvent } from '../store/audit';
import { decodeCursor, toPage } from '../store/cursor';
import { newId, Tx } from '../store/Database';
import { enqueueTest, lastDeliveries } from '../store/webhookDeliveries';
import * as store from '../store/webhooks';
import { lookUpActors } from './actors';
import { Commands } from './Commands';
import { CommandContext } from './context';
import { Receivers } from './Receivers';
import { refuse } from './refuse';
import { assertRevision } from './staleness';

const DELIVERIES = 10;

interface Options {
  commands: Commands;
  secrets: SecretBox;
  receivers: Receivers;
}

/** Path and query of an address often hold a token of the receiver. */
const shown = (url: string) => new URL(url).origin;

const summary = ({ url, events, disabled }: store.WebhookRecord) => ({
  url: shown(url),
  events,
  disabled,
});

const audit = (
  context: CommandContext,
  { id }: store.WebhookRecord,
): Pick<
  NewAuditEvent,
  'actorId' | 'entityType' | 'entityId' | 'requestId'
> => ({
  actorId: context.caller.user.id,
  entityType: 'webhook',
  entityId: id,
  requestId: context.requestId,
});

/** Who outside is told what happens. For admins. */
export class WebhooksService {
  readonly #options: Options;

  private constructor(options: Options) {
    this.#options = options;
  }

  static create(options: Options): WebhooksService {
    return new WebhooksService(options);
  }

  async list(
    context: CommandContext,
    query: z.output<typeof pageQuerySchema>,
  ): Promise<{ items: Webhook[]; nextCursor?: string }> {
    refuse(administerRefusal(context.caller));
    const { knex } = this.#options.commands;
    const { limit, cursor } = query;
    const webhooks = await store.listWebhooks(knex, {
      limit,
      after: decodeCursor(cursor),
    });
    const view = await this.#viewer(knex, webhooks);
    return toPage(webhooks, limit, {
      at: webhook => webhook.exactCreatedAt,
      item: view,
    });
  }

  /** @throws HubError `HOST_NOT_ALLOWED` */
  async create(
    context: CommandContext,
    input: z.output<typeof webhookCreateSchema>,
  ): Promise<Webhook> {
    refuse(administerRefusal(context.caller));
    const { commands, secrets, receivers } = this.#options;
    const { url, events } = input;
    receivers.assertLiteral(new URL(url));
    return commands.run(context, async tx => {
      const id = newId();
      const webhook = await store.insertWebhook(tx, {
        ...{ id, url, events },
        secret: secrets.sealToken(input.secret, id),
        createdBy: context.caller.user.id,
      });
      await appendAuditEvent(tx, {
        ...audit(context, webhook),
        action: 'webhook.created',
        payload: { url: shown(url), events },
      });
      return (await this.#viewer(tx, [webhook]))(webhook);
    });
  }

  /** @throws HubError `NOT_FOUND`, `STALE_REVISION`, `HOST_NOT_ALLOWED` */
  async update(
    context: CommandContext,
    id: string,
    input: z.output<typeof webhookPatchSchema>,
  ): Promise<Webhook> {
    refuse(administerRefusal(context.caller));
    const { commands, secrets, receivers } = this.#options;
    const { expectedRevision, secret, ...change } = input;
    if (change.url) receivers.assertLiteral(new URL(change.url));
    return commands.run(context, async tx => {
      const before = await lock(tx, id);
      assertRevision(before, expectedRevision, 'webhook');
      const after = await store.updateWebhook(tx, id, {
        ...change,
        secret: secret && secrets.sealToken(secret, id),
      });
      await appendAuditEvent(tx, {
        ...audit(context, after),
        action: 'webhook.updated',
        payload: {
          before: summary(before),
          after: summary(after),
          secretChanged: secret !== undefined,
        },
      });
      return (await this.#viewer(tx, [after]))(after);
    });
  }

  /**
   * Puts a test into the queue of a webhook: how it went is among its last
   * deliveries.
   *
   * @throws HubError `NOT_FOUND`, `DISABLED`
   */
  async test(context: CommandContext, id: string): Promise<Webhook> {
    refuse(administerRefusal(context.caller));
    return this.#options.commands.run(context, async tx => {
      const webhook = await lock(tx, id);
      if (webhook.disabled) {
        throw new HubError(
          'DISABLED',
          'This webhook is disabled: nothing is sent to it. Enable it first.',
        );
      }
      await enqueueTest(tx, id);
      await appendAuditEvent(tx, {
        ...audit(context, webhook),
        action: 'webhook.tested',
        payload: { url: shown(webhook.url) },
      });
      return (await this.#viewer(tx, [webhook]))(webhook);
    });
  }

  /** @throws HubError `NOT_FOUND` */
  async delete(
    context: CommandContext,
    id: string,
  ): Promise<{ deleted: true }> {
    refuse(administerRefusal(context.caller));
    return this.#options.commands.run(context, async tx => {
      const webhook = await lock(tx, id);
      await store.deleteWebhook(tx, id);
      await appendAuditEvent(tx, {
        ...audit(context, webhook),
        action: 'webhook.deleted',
        payload: summary(webhook),
      });
      return { deleted: true };
    });
  }

  async #viewer(tx: Tx, webhooks: store.WebhookRecord[]) {
    const actor = await lookUpActors(
      tx,
      webhooks.map(webhook => webhook.createdBy),
    );
    const deliveries = await lastDeliveries(
      tx,
      webhooks.map(webhook => webhook.id),
      DELIVERIES,
    );
    return (webhook: store.WebhookRecord): Webhook => ({
      id: webhook.id,
      url: webhook.url,
      events: webhook.events,
      disabled: webhook.disabled,
      revision: webhook.revision,
      createdBy: actor(webhook.createdBy),
      createdAt: webhook.createdAt.toISOString(),
      updatedAt: webhook.updatedAt.toISOString(),
      lastDeliveries: deliveries(webhook.id),
    });
  }
}

async function lock(
  tx: Parameters<typeof store.lockWebhook>[0],
  id: string,
): Promise<store.WebhookRecord> {
  const webhook = await store.lockWebhook(tx, id);
  if (webhook) return webhook;
  throw new HubError('NOT_FOUND', `There is no webhook with id ${id}.`);
}
