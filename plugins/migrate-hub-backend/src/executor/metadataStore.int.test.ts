import { Knex } from 'knex';
import {
  TcpProxy,
  testServer,
  waitUntil,
} from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { smallPool } from '../store/Database';
import { ExecutionWorld } from './__testUtils__/ExecutionWorld';
import { FailPoint } from './failPoints';

jest.setTimeout(60_000);

const LEASE_SECONDS = 1;

describe('others take every connection to the metadata store', () => {
  it('the executor is heard of all the same, and keeps its item', async () => {
    const world = await ExecutionWorld.create();
    const outside = smallPool(world.knex);
    let release = () => {};
    const held = new Promise<void>(resolve => {
      release = resolve;
    });
    let isHeld = false;
    const config = { leaseSeconds: LEASE_SECONDS, pollSeconds: 0.2 };
    const failPoint: FailPoint = async name => {
      if (name !== 'before_commit') return;
      isHeld = true;
      await held;
    };
    // One of the two lies in wait for what falls silent.
    await world.startExecutor({ config, failPoint });
    await world.startExecutor({ config, failPoint });
    const runId = await world.request({
      key: 'add-items',
      sqlUp: 'create table items (id int);',
    });
    await world.execute(runId);
    await waitUntil('the worker is about to commit', () => isHeld);

    const { client } = world.knex;
    const taken = await Promise.all(
      Array.from({ length: client.pool.max }, () => client.acquireConnection()),
    );
    const heartbeat = async () => {
      const [row] = await outside('executors').min('heartbeat_at as at');
      return Number(row.at);
    };
    const since = await heartbeat();
    await waitUntil(
      'both were heard of for three leases',
      async () => (await heartbeat()) - since > 3_000 * LEASE_SECONDS,
    );
    for (const one of taken) await client.releaseConnection(one);
    release();
    expect(await world.ended(runId)).toBe('executed');
    expect(await world.itemsOf(runId)).toMatchObject([
      { status: 'executed', outcome: 'applied', attempt: 1 },
    ]);
    await outside.destroy();
    await world.drop();
  });
});

describe('every line to the metadata store goes silent and stays open', () => {
  it('the target is finished, and its end recorded over new lines', async () => {
    const server = testServer('postgres');
    if (!server) throw new Error('the hub cannot be tested without PostgreSQL');
    const world = await ExecutionWorld.create();
    const storeProxy = await TcpProxy.create(server);
    let release = () => {};
    const held = new Promise<void>(resolve => {
      release = resolve;
    });
    let isHeld = false;
    await world.startExecutor({
      storeProxy,
      failPoint: async name => {
        if (name !== 'before_commit') return;
        isHeld = true;
        await held;
      },
    });
    const runId = await world.request({
      key: 'add-items',
      sqlUp: 'create table items (id int);',
    });
    await world.execute(runId);
    await waitUntil('the worker is about to commit', () => isHeld);

    storeProxy.breakAt('', 'silence-request');
    await waitUntil('the heartbeat has met silence', () =>
      world.logger.lines.some(line => line.includes('heartbeat')),
    );
    release();
    const [{ knex }] = world.targets;
    await waitUntil('the script is committed', () =>
      knex.schema.hasTable('items'),
    );
    expect(await world.statusOf(runId)).toBe('running');

    storeProxy.mend();
    expect(await world.ended(runId)).toBe('executed');
    expect(await world.itemsOf(runId)).toMatchObject([
      { status: 'executed', outcome: 'applied', attempt: 1 },
    ]);
    await world.drop();
    await storeProxy.close();
  });
});

/** Takes all lines of a pool. @returns what gives them back */
async function occupy(knex: Knex): Promise<() => Promise<unknown>> {
  const { client } = knex;
  const lines = await Promise.all(
    Array.from({ length: client.pool.max }, () => client.acquireConnection()),
  );
  return () => Promise.all(lines.map(line => client.releaseConnection(line)));
}

describe('the answer to the COMMIT of a claim is lost', () => {
  /** Patient enough for a lease, and looks often. */
  const config = { leaseSeconds: 5, pollSeconds: 0.2 };

  async function worldBehindProxy(targets: number) {
    const server = testServer('postgres');
    if (!server) throw new Error('the hub cannot be tested without PostgreSQL');
    const world = await ExecutionWorld.create({
      targets,
      policy: { parallelism: 1 },
    });
    const storeProxy = await TcpProxy.create(server);
    const runId = await world.request({
      key: 'add-items',
      sqlUp: 'create table items (id int);',
    });
    return { world, storeProxy, runId };
  }

  /** The claim is committed, and its executor does not hear of it. */
  async function claimUnheard(
    at: Awaited<ReturnType<typeof worldBehindProxy>>,
  ) {
    const { world, storeProxy, runId } = at;
    storeProxy.breakAt('COMMIT;', 'drop-reply');
    await world.execute(runId);
    await waitUntil(
      'it is claimed',
      async () => (await world.statusOf(runId)) === 'running',
    );
    storeProxy.mend();
  }

  it('the executor finds what it holds, and does it once', async () => {
    const { world, storeProxy, runId } = await worldBehindProxy(1);
    await world.startExecutor({ storeProxy, config });
    await claimUnheard({ world, storeProxy, runId });
    expect(await world.ended(runId)).toBe('executed');
    expect(await world.itemsOf(runId)).toMatchObject([
      { status: 'executed', outcome: 'applied', attempt: 1 },
    ]);
    expect(world.logger.lines.join('\n')).toContain('answer to a claim');
    await world.drop();
    await storeProxy.close();
  });

  it('that is found over a line of its own, whatever the others wait for', async () => {
    const { world, storeProxy, runId } = await worldBehindProxy(1);
    const { knex } = await world.startExecutor({ storeProxy, config });
    await claimUnheard({ world, storeProxy, runId });
    const giveBack = await occupy(knex);
    await waitUntil('it knows what it holds', async () =>
      world.logger.lines.join('\n').includes('answer to a claim'),
    );
    await giveBack();
    expect(await world.ended(runId)).toBe('executed');
    await world.drop();
    await storeProxy.close();
  });

  it('so it is with the item that is claimed when the one before has ended', async () => {
    const { world, storeProxy, runId } = await worldBehindProxy(2);
    await world.startExecutor({
      storeProxy,
      config,
      failPoint: async name => {
        if (name === 'closed') storeProxy.breakAt('COMMIT;', 'drop-reply');
      },
    });
    await world.execute(runId);
    await waitUntil('the second is claimed', async () => {
      const [, second] = await world.itemsOf(runId);
      return second.status === 'running';
    });
    storeProxy.mend();
    await waitUntil('the second has ended', async () => {
      storeProxy.mend();
      return (await world.statusOf(runId)) === 'executed';
    });
    expect(await world.itemsOf(runId)).toMatchObject([
      { status: 'executed', outcome: 'applied', attempt: 1 },
      { status: 'executed', outcome: 'applied', attempt: 1 },
    ]);
    await world.drop();
    await storeProxy.close();
  });
});
