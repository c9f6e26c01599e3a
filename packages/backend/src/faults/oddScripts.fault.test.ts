import { waitUntil } from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { HubProcess } from '../acceptance/__testUtils__/HubProcess';
import { FaultTarget } from './__testUtils__/FaultTarget';
import { Approved, enginesHere, FaultWorld } from './__testUtils__/FaultWorld';
import { violationsOf } from './__testUtils__/invariants';
import { scriptFor } from './__testUtils__/scripts';

const isLong = process.env.MIGRATE_HUB_FAULTS === 'all';

jest.setTimeout(isLong ? 900_000 : 170_000);

let world: FaultWorld;
let worker: HubProcess;

beforeAll(async () => {
  world = await FaultWorld.create();
  worker = await world.startWorker();
});
afterAll(async () => world?.stop());

async function executed(approved: Approved, withinMs = 60_000) {
  await world.execute(approved);
  const run = await world.user.runEnded(approved.run.id, { withinMs });
  const [item] = run.items;
  const [target] = approved.targets;
  expect(await violationsOf({ ...approved, target, item })).toEqual([]);
  return item;
}

describe.each(enginesHere)('group 13 on %s: a script', engine => {
  let target: FaultTarget;
  beforeAll(async () => {
    [target] = await world.createTargets(engine, 1);
  });

  const plain = (key: string) => scriptFor(engine, 'transaction', key);
  const comments =
    engine === 'postgres'
      ? `${'/*'.repeat(100_000)} ${'*/'.repeat(100_000)}`
      : '/* x */'.repeat(100_000);

  it.each<[string, (key: string) => string]>([
    ['begins with a byte order mark', key => `\ufeff${plain(key)}`],
    ['has CRLF line ends', key => plain(key).replaceAll('\n', '\r\n')],
    ['has 100,000 comments', key => `${comments}\n${plain(key)}`],
  ])('%s, and is executed once', async (_, script) => {
    const approved = await world.approved([target], 'transaction', script);
    expect(await executed(approved)).toMatchObject({ status: 'executed' });
  });

  it('of comments only leaves its record and nothing else', async () => {
    const approved = await world.approved(
      [target],
      'transaction',
      () => '-- nothing to do\n',
    );
    await world.execute(approved);
    const run = await world.user.runEnded(approved.run.id);
    expect(run.items).toMatchObject([
      { status: 'executed', outcome: 'applied' },
    ]);
    expect(
      await target.count(`migrations where migration_key = '${approved.key}'`),
    ).toBe(1);
    expect(await target.count(`ran where k = '${approved.key}'`)).toBe(0);
  });

  if (isLong) {
    it('of 50 MB in 100,000 statements outlives its worker, and is there once', async () => {
      const padding = 'x'.repeat(450);
      const approved = await world.approved([target], 'transaction', key =>
        [
          plain(key),
          ...Array.from(
            { length: 100_000 },
            () => `insert into marks values ('big') /* ${padding} */;\n`,
          ),
        ].join(''),
      );
      await world.execute(approved);
      const done = async () => {
        const run = await world.user.call('getRun', {
          params: { id: approved.run.id },
        });
        return run.items[0].statementsDone;
      };
      await waitUntil(
        'the worker is in the midst of it',
        async () => (await done()) > 1_000,
        { withinMs: 120_000 },
      );
      worker.signal('SIGKILL');
      await worker.ended;
      worker = await world.startWorker();
      const run = await world.user.runEnded(approved.run.id, {
        withinMs: 120_000,
      });
      const [item] = run.items;
      expect(item).toMatchObject({ status: 'executed', outcome: 'applied' });
      expect(await violationsOf({ ...approved, target, item })).toEqual([]);
      expect(await target.count(`marks where k = 'big'`)).toBe(100_000);
    });
  }
});

describe('group 13: text that is none', () => {
  const body = (sqlUp: Buffer) =>
    Buffer.concat([
      Buffer.from(
        '{"project":"faults-postgres","key":"odd","name":"odd","sqlUp":"',
      ),
      sqlUp,
      Buffer.from('"}'),
    ]);

  it.each([
    ['invalid UTF-8', Buffer.from([0xc3, 0x28])],
    ['NUL', Buffer.from('select \\u0000 1')],
    ['half a character', Buffer.from('select \\ud800 1')],
  ])('%s is refused with a reason, and nothing is kept', async (_, sqlUp) => {
    const response = await fetch(
      `${world.desk.baseUrl}/api/migrate-hub/v1/migrations`,
      {
        method: 'POST',
        headers: {
          Authorization: `Bearer ${world.user.token}`,
          'Content-Type': 'application/json',
        },
        body: body(sqlUp),
      },
    );
    const { error } = await response.json();
    expect(response.status).toBe(400);
    expect(error.message).toMatch(/UTF-8|NUL|Unicode/);
    const { items } = await world.user.call('listMigrations', {
      query: { q: 'odd' },
    });
    expect(items).toEqual([]);
  });
});
