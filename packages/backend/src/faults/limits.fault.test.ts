import {
  TcpProxy,
  testServer,
  waitUntil,
} from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { randomBytes } from 'crypto';
import { readdirSync, existsSync } from 'fs';
import { HubProcess } from '../acceptance/__testUtils__/HubProcess';
import { FaultTarget } from './__testUtils__/FaultTarget';
import { Approved, enginesHere, FaultWorld } from './__testUtils__/FaultWorld';
import { violationsOf } from './__testUtils__/invariants';
import { PrivateServer } from './__testUtils__/PrivateServer';
import { scriptFor } from './__testUtils__/scripts';
import { openSession } from './__testUtils__/sql';

jest.setTimeout(170_000);

const LEASE_MS = 2_000;

/** Of Debian's package `faketime`; its folder is named after the machine. */
const faketime = ['/usr/lib', '/usr/local/lib']
  .filter(existsSync)
  .flatMap(folder =>
    ['', ...readdirSync(folder)].map(
      name => `${folder}/${name}/faketime/libfaketime.so.1`,
    ),
  )
  .find(existsSync);

let world: FaultWorld;
let worker: HubProcess;

beforeAll(async () => {
  world = await FaultWorld.create();
  worker = await world.startWorker();
});
afterEach(async () => world.setFaults([]));
const servers: PrivateServer[] = [];
afterAll(async () => {
  await world?.stop();
  for (const server of servers) await server.stop();
});

/** Waits for the end of a run on one target, and holds it to the promise. */
async function judge(approved: Approved) {
  const run = await world.user.runEnded(approved.run.id);
  const [item] = run.items;
  const [target] = approved.targets;
  expect(await violationsOf({ ...approved, target, item })).toEqual([]);
  return item;
}

async function executed(approved: Approved) {
  await world.execute(approved);
  return judge(approved);
}

async function retried(approved: Approved) {
  const { id } = approved.run;
  await world.user.call('retryRun', { params: { id }, body: {} });
  return judge(approved);
}

/** Executes until the worker is about to commit. */
async function held(approved: Approved, by: HubProcess): Promise<void> {
  const item = approved.run.items[0].id;
  await world.setFaults([{ at: 'before_commit', action: 'delay', item }]);
  await world.execute(approved);
  await waitUntil('the worker is about to commit', () =>
    by.output.includes(`Fail point before_commit, delay: run item ${item}`),
  );
}

describe.each(enginesHere)('group 10 on %s', engine => {
  const server = testServer(engine);
  const isPostgres = engine === 'postgres';
  const username = `faults_${randomBytes(6).toString('hex')}`;
  const first = randomBytes(12).toString('hex');
  const second = randomBytes(12).toString('hex');
  let target: FaultTarget;

  /** The hub's own account may have one session at a time, and no more. */
  async function account(one: FaultTarget): Promise<void> {
    const statements = isPostgres
      ? [
          `create role ${username} login connection limit 1 password '${first}'`,
          `alter database ${one.database} owner to ${username}`,
          `grant all on all tables in schema public to ${username}`,
        ]
      : [
          `create user ${username} identified by '${first}' with max_user_connections 1`,
          `grant all on ${one.database}.* to ${username}`,
        ];
    for (const sql of statements) await one.query(sql);
  }

  const setPassword = (password: string) =>
    target.query(
      isPostgres
        ? `alter role ${username} password '${password}'`
        : `alter user ${username} identified by '${password}'`,
    );

  beforeAll(async () => {
    [target] = await world.createTargets(engine, 1, {
      connection: { username, password: first },
      prepare: account,
    });
  });
  afterAll(async () => {
    if (isPostgres) {
      await target.query(`alter database ${target.database} owner to postgres`);
      await target.query(`drop owned by ${username}`);
    }
    await target.query(
      isPostgres ? `drop role ${username}` : `drop user ${username}`,
    );
  });

  it('the connection limit is reached: nothing is applied, and a retry goes through', async () => {
    if (!server) throw new Error(`there is no ${engine} here`);
    const other = await openSession(
      { ...server, username, password: first },
      isPostgres ? target.database : undefined,
    );
    const approved = await world.approved([target], 'transaction');
    expect(await executed(approved)).toMatchObject({
      status: 'failed',
      outcome: 'not_applied',
      error: { message: expect.stringMatching(/connection|resource/i) },
    });
    await other.close();
    await waitUntil('the other session is gone', async () => {
      const sessions = await target.query(
        isPostgres
          ? `select from pg_stat_activity where usename = '${username}'`
          : `select id from information_schema.processlist where user = '${username}'`,
      );
      return sessions.length === 0;
    });
    expect(await retried(approved)).toMatchObject({ status: 'executed' });
  });

  it('the password is changed in the midst of a run, and before one', async () => {
    const running = await world.approved([target], 'transaction');
    await held(running, worker);
    await setPassword(second);
    await world.setFaults([]);
    expect(await judge(running)).toMatchObject({ status: 'executed' });

    const late = await world.approved([target], 'transaction');
    expect(await executed(late)).toMatchObject({
      status: 'failed',
      outcome: 'not_applied',
      error: { code: 'AUTHENTICATION_FAILED' },
    });
    const { revision } = await world.user.call('getDbTarget', {
      params: { id: target.id },
    });
    await world.user.call('updateDbTarget', {
      params: { id: target.id },
      body: { expectedRevision: revision, password: second },
    });
    expect(await retried(late)).toMatchObject({ status: 'executed' });
  });
});

(enginesHere.includes('mysql') ? describe : describe.skip)(
  'group 10: TLS on mysql',
  () => {
    it('breaks before and within a run', async () => {
      const server = testServer('mysql');
      if (!server) throw new Error('there is no mysql here');
      let isBroken = false;
      const proxy = await TcpProxy.create(server, {
        rewriteReply: chunk => (isBroken ? Buffer.alloc(chunk.length) : chunk),
      });
      const [target] = await world.createTargets('mysql', 1, {
        port: proxy.port,
        connection: { tls: { mode: 'require' } },
      });
      const approved = await world.approved([target], 'transaction');
      isBroken = true;
      expect(await executed(approved)).toMatchObject({
        status: 'failed',
        outcome: 'not_applied',
      });
      isBroken = false;
      expect(await retried(approved)).toMatchObject({ status: 'executed' });

      const within = await world.approved([target], 'transaction');
      await held(within, worker);
      isBroken = true;
      await world.setFaults([]);
      await waitUntil('the worker has lost its session', async () => {
        const log = await world.user.call('listItemLogs', {
          params: { id: within.run.items[0].id },
          query: {},
        });
        return JSON.stringify(log).includes('with a new session');
      });
      isBroken = false;
      expect(['applied', 'not_applied']).toContain(
        (await judge(within)).outcome,
      );
      await proxy.close();
    });
  },
);

(faketime ? describe : describe.skip)('group 10: clocks of workers', () => {
  it('are two hours wrong, either way: they take nothing away from others, and lose nothing to them', async () => {
    const engine = enginesHere[0];
    const [target] = await world.createTargets(engine, 1);
    const skewed = await Promise.all(
      ['+2h', '-2h'].map(shift =>
        world.startWorker({
          environment: {
            LD_PRELOAD: faketime ?? '',
            FAKETIME: shift,
            DONT_FAKE_MONOTONIC: '1',
            FAKETIME_DONT_FAKE_MONOTONIC: '1',
          },
        }),
      ),
    );
    const approved = await world.approved([target], 'transaction');
    const { id } = approved.run.items[0];
    await world.setFaults([{ at: 'before_commit', action: 'delay', item: id }]);
    await world.execute(approved);
    await waitUntil('one of them is about to commit', () =>
      [worker, ...skewed].some(one =>
        one.output.includes(`Fail point before_commit, delay: run item ${id}`),
      ),
    );
    await world.heartbeatsFor(3 * LEASE_MS);
    await world.setFaults([]);
    expect(await judge(approved)).toMatchObject({
      status: 'executed',
      attempt: 1,
    });
    for (const one of skewed) {
      one.signal('SIGKILL');
      await one.ended;
    }
  });
});

const innodb = {
  full: { sqlState: '1114' },
  kind: '',
  filling: `repeat('ballast ', 500)`,
};

/** What an empty server takes, and some more; how each says that it is full, and is filled. */
const disks = {
  postgres: {
    megabytes: 220,
    full: { sqlState: '53100' },
    // Without WAL only the table itself grows; what is all the same is compressed.
    kind: 'unlogged ',
    filling: 'repeat(md5(concat(a.n, b.n, c.n)), 50)',
  },
  mariadb: { megabytes: 220, ...innodb },
  mysql: { megabytes: 330, ...innodb },
};

(process.getuid?.() === 0 ? describe : describe.skip)(
  'group 10: the disk of the target',
  () => {
    it.each(enginesHere)(
      'is full (%s): nothing is applied, and once there is room a retry goes through',
      async engine => {
        const { megabytes, full, kind, filling } = disks[engine];
        const server = await PrivateServer.start(engine, { megabytes });
        servers.push(server);
        const [target] = await world.createTargets(engine, 1, {
          server: server.address,
        });
        const createBallast = `create ${kind}table ballast (k text)`;
        await target.query(createBallast);
        await target.query('create table room (n integer)');
        const approved = await world.approved(
          [target],
          'transaction',
          key =>
            `${scriptFor(engine, 'transaction', key)}
insert into ballast select ${filling} from room a cross join room b cross join room c;
`,
        );
        const hundred = Array.from({ length: 100 }, (_, n) => `(${n})`);
        await target.query(`insert into room values ${hundred.join(', ')}`);
        expect(await executed(approved)).toMatchObject({
          status: 'failed',
          outcome: 'not_applied',
          error: full,
        });
        await target.query('delete from room where n > 1');
        await target.query('drop table ballast');
        await target.query(createBallast);
        expect(await retried(approved)).toMatchObject({ status: 'executed' });
      },
    );
  },
);
