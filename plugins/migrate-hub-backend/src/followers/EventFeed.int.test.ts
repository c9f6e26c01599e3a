import { DefaultEventsService } from '@backstage/plugin-events-node';
import {
  HUB_EVENT_TOPIC,
  HubEvent,
  hubEventsSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { InventoryWorld } from '../__testUtils__/InventoryWorld';
import { appendAuditEvent } from '../store/audit';
import { countFedEvents, FedEvent } from '../store/eventFeed';
import { Listener, listenerConnection } from '../store/Listener';
import { EventFeed, EventFeedOptions, Follower } from './EventFeed';
import { EventPublisher } from './EventPublisher';

describe('the feed of committed events', () => {
  let world: InventoryWorld;

  beforeAll(async () => {
    world = await InventoryWorld.create();
  });
  afterAll(() => world.drop());

  const feedOf = (options: Partial<EventFeedOptions>): EventFeed => {
    const { knex, logger } = world;
    return EventFeed.create({
      ...{ knex, logger, followers: [], patience: { retryMs: [1] } },
      listener: Listener.create({ connect: listenerConnection(knex), logger }),
      ...options,
    });
  };

  /** Somebody who keeps what he is told. */
  const keeper = (): Follower & { told: FedEvent[] } => {
    const told: FedEvent[] = [];
    return {
      ...{ name: 'a keeper', batch: 'one', told },
      follow: async events => {
        told.push(...events);
      },
    };
  };

  const empty = async (feed: EventFeed) => {
    while ((await feed.deliver()) > 0);
  };

  it('tells what was committed, once, in order, and nothing that was rolled back', async () => {
    const [one, other] = [keeper(), keeper()];
    const otherFeed = feedOf({ followers: [other] });
    const foundMeanwhile: number[] = [];
    const feed = feedOf({
      followers: [
        one,
        {
          ...{ name: 'another replica at the same time', batch: 'all' },
          follow: async () => {
            foundMeanwhile.push(await otherFeed.deliver());
          },
        },
      ],
    });
    await empty(feed);
    foundMeanwhile.length = 0;
    one.told.length = 0;

    for (let count = 0; count < 150; count += 1) {
      await world.knex.transaction(tx =>
        appendAuditEvent(tx, {
          ...{ action: 'settings.changed', entityType: 'settings' },
          entityId: String(count),
        }),
      );
    }
    const undone = world.knex.transaction(async tx => {
      await appendAuditEvent(tx, {
        ...{ action: 'settings.changed', entityType: 'settings' },
        entityId: 'never',
      });
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');

    await empty(feed);
    expect(foundMeanwhile).toEqual([0, 0]);
    expect(other.told).toEqual([]);
    expect(one.told.map(event => event.entityId)).toEqual(
      Array.from({ length: 150 }, (_, index) => String(index)),
    );
    expect(await countFedEvents(world.knex)).toBe(0);
  });

  it('waits for slow followers longer than a transaction of ours may be idle', async () => {
    const kept = keeper();
    const slow: Follower = {
      ...{ name: 'somebody slow', batch: 'all' },
      follow: async () => {
        await world.knex.raw('select pg_sleep(1)');
      },
    };
    await world.createDbSet();
    const feed = feedOf({
      followers: [kept, slow],
      record: async tx => {
        await tx.raw('set local idle_in_transaction_session_timeout = 400');
      },
      awakeMs: 50,
    });
    expect(await feed.deliver()).toBeGreaterThan(0);
    expect(kept.told).not.toEqual([]);
    expect(await countFedEvents(world.knex)).toBe(0);
  });

  it('goes on without a follower that fails, and tells again after a crash', async () => {
    const kept = keeper();
    const failures: string[] = [];
    let tries = 0;
    const failing: Follower = {
      ...{ name: 'somebody else', batch: 'all' },
      follow: async () => {
        tries += 1;
        throw new Error('is away');
      },
    };
    await world.createDbSet();
    const crashing = feedOf({
      followers: [kept],
      record: async () => {
        throw new Error('crashed');
      },
    });
    await expect(crashing.deliver()).rejects.toThrow('crashed');
    expect(kept.told).toEqual([]);

    const feed = feedOf({
      followers: [failing, kept],
      onFailure: name => failures.push(name),
    });
    await empty(feed);
    expect(kept.told.map(event => event.action)).toEqual([
      ...['project.created', 'db_set.created'],
    ]);
    expect({ tries, failures }).toEqual({
      ...{ tries: 2, failures: ['somebody else'] },
    });
    expect(await countFedEvents(world.knex)).toBe(0);
    expect(world.logger.lines.join()).toContain('somebody else did not take');
  });

  it('has little patience with one that hangs, and tells it the rest when it is back', async () => {
    const kept = keeper();
    const failures: string[] = [];
    const tries: string[] = [];
    const hanging: Follower = {
      ...{ name: 'somebody who hangs', batch: 'one' },
      follow: async ([{ entityId }]) => {
        tries.push(entityId);
        if (entityId === '0' && tries.length === 1) throw new Error('is ill');
        if (Number(entityId) < 3) await new Promise(() => {});
      },
    };
    await world.knex.transaction(async tx => {
      for (let count = 0; count < 5; count += 1) {
        await appendAuditEvent(tx, {
          ...{ action: 'settings.changed', entityType: 'settings' },
          entityId: String(count),
        });
      }
    });
    const feed = feedOf({
      followers: [hanging, kept],
      onFailure: name => failures.push(name),
      // Lost with the first try: whoever waits for an answer after it waits for ever.
      patience: { retryMs: [1, 1], answerMs: 600_000, lostMs: 0, hurriedMs: 1 },
    });
    expect(await feed.deliver()).toBe(5);
    expect(tries).toEqual(['0', '0', '1', '2', '3', '4']);
    expect(failures).toEqual(Array(3).fill('somebody who hangs'));
    expect(kept.told).toHaveLength(5);
    expect(await countFedEvents(world.knex)).toBe(0);
  });

  it('publishes for other plugins, without what is private', async () => {
    const events = DefaultEventsService.create({ logger: world.logger });
    const messages: HubEvent[][] = [];
    await events.subscribe({
      ...{ id: 'another plugin', topics: [HUB_EVENT_TOPIC] },
      onEvent: async ({ eventPayload }) => {
        messages.push(hubEventsSchema.parse(eventPayload).events);
      },
    });
    await world.knex.transaction(tx =>
      appendAuditEvent(tx, {
        ...{ action: 'login.failed', entityType: 'user', entityId: 'unknown' },
        payload: { address: '192.0.2.7' },
      }),
    );
    await world.createDbSet('prd');
    await empty(feedOf({ followers: [EventPublisher.create(events)] }));
    expect(messages).toHaveLength(1);
    const [heard] = messages;
    expect(heard).toHaveLength(3);
    expect(JSON.stringify(heard)).not.toContain('192.0.2.7');
    expect(heard[2]).toMatchObject({
      action: 'db_set.created',
      actor: 'user:default/uma',
      environment: 'prd',
    });
  });
});
