import { plantSecret } from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { createHmac, verify } from 'crypto';
import { createServer, IncomingHttpHeaders, Server } from 'http';
import { AddressInfo } from 'net';
import { ConfigReader } from '@backstage/config';
import { InventoryWorld } from '../__testUtils__/InventoryWorld';
import { testSigner } from '../__testUtils__/testConfig';
import { SecretBox } from '../crypto/SecretBox';
import { checkpointBytes } from '../domain/auditChain';
import { AuditChainer } from '../services/AuditChainer';
import { AuditVerifier } from '../services/AuditVerifier';
import { Receivers } from '../services/Receivers';
import { WebhooksService } from '../services/WebhooksService';
import { Commands } from '../services/Commands';
import { appendAuditEvent } from '../store/audit';
import { newId } from '../store/Database';
import { Listener, listenerConnection } from '../store/Listener';
import { EventFeed } from './EventFeed';
import { announceCheckpoint, queueForWebhooks } from './webhookQueue';
import { WebhookSender } from './WebhookSender';

const SECRET = plantSecret();

/** A receiver that keeps what it gets, and answers as told. */
class Receiver {
  readonly got: { headers: IncomingHttpHeaders; body: string }[] = [];
  /** The next answers; then 204. */
  readonly answers: number[] = [];
  readonly #server: Server;

  constructor() {
    this.#server = createServer((req, res) => {
      let body = '';
      req.on('data', chunk => {
        body += chunk;
      });
      req.on('end', () => {
        this.got.push({ headers: req.headers, body });
        const status = this.answers.shift() ?? 204;
        res.writeHead(status, { Location: '/elsewhere' }).end();
      });
    });
  }

  async start(): Promise<void> {
    await new Promise<void>(done =>
      this.#server.listen(0, '127.0.0.1', () => done()),
    );
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://localhost:${port}/hook?token=of-the-receiver`;
  }

  async stop(): Promise<void> {
    await new Promise(done => this.#server.close(done));
  }
}

describe('webhooks', () => {
  let world: InventoryWorld;
  let webhooks: WebhooksService;
  let sender: WebhookSender;
  let feed: EventFeed;
  const receiver = new Receiver();

  beforeAll(async () => {
    await receiver.start();
    world = await InventoryWorld.create();
    const { knex, logger } = world;
    const secrets = SecretBox.create([{ id: '1', key: Buffer.alloc(32, 7) }]);
    const receivers = Receivers.fromConfig(new ConfigReader({}));
    webhooks = WebhooksService.create({
      ...{ commands: Commands.create(knex), secrets, receivers },
    });
    sender = WebhookSender.create({
      ...{ knex, logger, secrets, receivers },
      retrySeconds: [0, 0],
    });
    feed = EventFeed.create({
      ...{ knex, logger, followers: [], record: queueForWebhooks },
      listener: Listener.create({ connect: listenerConnection(knex), logger }),
    });
  });
  afterAll(async () => {
    await world.drop();
    await receiver.stop();
  });

  /** A run came to an end, as far as the audit trail knows. */
  const happen = async () => {
    await world.knex.transaction(tx =>
      appendAuditEvent(tx, {
        ...{ action: 'run.finished', entityType: 'run', entityId: newId() },
        payload: { status: 'executed' },
      }),
    );
    while ((await feed.deliver()) > 0);
  };
  const sendAll = async () => {
    while ((await sender.deliver()) > 0);
  };

  it('are sent signed, again after a failure, and given up at last', async () => {
    const { ada } = world.users;
    const created = await webhooks.create(ada, {
      ...{ url: receiver.url, events: ['run.finished'], secret: SECRET },
    });
    receiver.answers.push(500);
    await happen();
    await sendAll();

    expect(receiver.got).toHaveLength(2);
    const [first, second] = receiver.got;
    expect(second.body).toBe(first.body);
    expect(second.headers['x-migrate-hub-delivery']).toBe(
      first.headers['x-migrate-hub-delivery'],
    );
    const [, t, v1] =
      /^t=(\d+),v1=(\w+)$/.exec(
        String(second.headers['x-migrate-hub-signature']),
      ) ?? [];
    expect(v1).toBe(
      createHmac('sha256', SECRET).update(`${t}.${second.body}`).digest('hex'),
    );
    expect(Math.abs(Number(t) - Date.now() / 1000)).toBeLessThan(60);
    expect(JSON.parse(second.body)).toMatchObject({
      ...{ action: 'run.finished', payload: { status: 'executed' } },
    });

    // A redirect is no delivery, and is not followed.
    receiver.got.length = 0;
    receiver.answers.push(302, 302, 302);
    await happen();
    await sendAll();
    expect(receiver.got.map(({ headers }) => headers.host)).toHaveLength(3);
    const { items } = await webhooks.list(ada, { limit: 10 });
    expect(items[0].lastDeliveries).toMatchObject([
      { status: 'failed', attempts: 3, statusCode: 302 },
      { status: 'delivered', attempts: 2, statusCode: 204 },
    ]);

    const paused = await webhooks.update(ada, created.id, {
      ...{ expectedRevision: created.revision, disabled: true },
    });
    await happen();
    await sendAll();
    expect(receiver.got).toHaveLength(3);
    await expect(
      webhooks.update(ada, created.id, {
        ...{ expectedRevision: created.revision, disabled: false },
      }),
    ).rejects.toMatchObject({ code: 'STALE_REVISION' });
    expect(paused.disabled).toBe(true);
    await webhooks.delete(ada, created.id);
    expect((await webhooks.list(ada, { limit: 10 })).items).toEqual([]);
  });

  it('send a test when an admin asks, and tell how it went', async () => {
    const { ada, mia } = world.users;
    receiver.got.length = 0;
    const created = await webhooks.create(ada, {
      ...{ url: receiver.url, events: ['run.denied'], secret: SECRET },
    });
    await expect(webhooks.test(mia, created.id)).rejects.toMatchObject({
      code: 'ROLE_REQUIRED',
    });
    const queued = await webhooks.test(ada, created.id);
    expect(queued.lastDeliveries).toMatchObject([
      { event: 'webhook.test', status: 'waiting', attempts: 0 },
    ]);
    await sendAll();
    expect(receiver.got).toMatchObject([
      { headers: { 'x-migrate-hub-event': 'webhook.test' } },
    ]);
    expect(JSON.parse(receiver.got[0].body)).toMatchObject({
      ...{ action: 'webhook.test', entityId: created.id },
    });
    const { items } = await webhooks.list(ada, { limit: 10 });
    expect(items[0].lastDeliveries).toMatchObject([
      { event: 'webhook.test', status: 'delivered', statusCode: 204 },
    ]);
    const { text } = await world.audit();
    expect(text).toContain('webhook.tested');

    await webhooks.update(ada, created.id, {
      ...{ expectedRevision: created.revision, disabled: true },
    });
    await expect(webhooks.test(ada, created.id)).rejects.toMatchObject({
      code: 'DISABLED',
    });
    await webhooks.delete(ada, created.id);
  });

  it('tell of checkpoints, which a receiver can check and hold against the hub', async () => {
    const { knex, logger } = world;
    const { ada } = world.users;
    receiver.got.length = 0;
    const signer = testSigner();
    const chainer = AuditChainer.create({ knex, signer, logger });
    const announced: Promise<void>[] = [];
    chainer.onCheckpoint(checkpoint =>
      announced.push(announceCheckpoint(knex, checkpoint)),
    );
    const created = await webhooks.create(ada, {
      ...{ url: receiver.url, events: ['audit.checkpoint'], secret: SECRET },
    });
    await chainer.linkAll();
    await Promise.all(announced);
    await sendAll();

    expect(receiver.got).toMatchObject([
      { headers: { 'x-migrate-hub-event': 'audit.checkpoint' } },
    ]);
    const told = JSON.parse(receiver.got[0].body);
    const { seq, hash, previous, keyId } = told;
    const verifier = AuditVerifier.create({ knex, signer, chainer });
    const { items: keys } = await verifier.keys(ada);
    const bytes = checkpointBytes({
      ...{ seq, previous, keyId },
      hash: Buffer.from(hash, 'hex'),
      at: new Date(told.at),
    });
    const signature = Buffer.from(told.signature, 'base64');
    const [{ publicKey }] = keys.filter(({ id }) => id === keyId);
    expect(verify(undefined, bytes, publicKey, signature)).toBe(true);

    const { count } = (await knex('audit_links').count('* as count').first())!;
    expect(seq).toBe(Number(count));
    expect(await verifier.verify(ada, { seq, hash })).toMatchObject({
      ok: true,
    });
    expect(
      await verifier.verify(ada, { seq, hash: '0'.repeat(64) }),
    ).toMatchObject({ ok: false, brokenAt: { seq } });
    await webhooks.delete(ada, created.id);
  });

  it('tell nobody their secret, and are for admins', async () => {
    const { ada, mia } = world.users;
    await expect(
      webhooks.create(mia, {
        ...{ url: receiver.url, events: ['run.denied'], secret: SECRET },
      }),
    ).rejects.toMatchObject({ code: 'ROLE_REQUIRED' });
    const created = await webhooks.create(ada, {
      ...{ url: receiver.url, events: ['run.denied'], secret: SECRET },
    });
    const rows = await world.knex('webhooks');
    const { text } = await world.audit();
    const everything = JSON.stringify([
      created,
      rows,
      text,
      world.logger.lines,
    ]);
    expect(everything).not.toContain(SECRET);
    expect(text).not.toContain('of-the-receiver');
    expect(text).toContain('http://localhost:');
  });

  it('do not go where a portal must not reach', async () => {
    const { ada } = world.users;
    const secret = SECRET;
    for (const host of [
      '169.254.169.254',
      '[fe80::1]',
      '[::ffff:169.254.169.254]',
      '0.0.0.0',
    ]) {
      await expect(
        webhooks.create(ada, {
          ...{ url: `http://${host}/`, events: ['run.denied'], secret },
        }),
      ).rejects.toMatchObject({ code: 'HOST_NOT_ALLOWED' });
    }
    const strict = Receivers.fromConfig(
      new ConfigReader({ migrateHub: { webhooks: { allowLoopback: false } } }),
    );
    await expect(
      strict.resolve(new URL('http://localhost:1/')),
    ).rejects.toMatchObject({ code: 'HOST_NOT_ALLOWED' });
    const [{ address }] = await Receivers.fromConfig(
      new ConfigReader({}),
    ).resolve(new URL('http://localhost:1/'));
    expect(['127.0.0.1', '::1']).toContain(address);
  });
});
