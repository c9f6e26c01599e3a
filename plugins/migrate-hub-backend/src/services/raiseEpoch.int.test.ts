import { mockServices } from '@backstage/backend-test-utils';
import { ExecutionWorld } from '../executor/__testUtils__/ExecutionWorld';
import { raiseEpoch } from './raiseEpoch';

jest.setTimeout(60_000);

describe('the records are restored from an old backup', () => {
  let world: ExecutionWorld;
  beforeAll(async () => {
    world = await ExecutionWorld.create({ targets: 2 });
  });
  afterAll(() => world.drop());

  const begin = (epoch: number) =>
    raiseEpoch({
      knex: world.knex,
      logger: mockServices.logger.mock(),
      config: mockServices.rootConfig({ data: { migrateHub: { epoch } } }),
    });

  const events = async () =>
    world
      .knex('audit_events')
      .where({ action: 'hub.epoch_raised' })
      .pluck('payload');

  /** Rows as they were when the backup was made; what came later is forgotten. */
  async function restoring(runId: string) {
    const run = await world.knex('runs').where({ id: runId }).first();
    const items = await world.knex('run_items').where({ run_id: runId });
    return async () => {
      await world.knex('runs').where({ id: runId }).update(run);
      for (const { id, evidence, ...item } of items) {
        await world.knex('run_items').where({ id }).update(item);
      }
    };
  }

  it('nothing goes on by itself, and nothing is applied again', async () => {
    const runId = await world.request({
      key: 'add-items',
      sqlUp: 'create table items (id int);',
    });
    await world.execute(runId);
    const restore = await restoring(runId);
    const first = await world.startExecutor();
    await world.ended(runId);
    expect(await world.statusOf(runId)).toBe('executed');
    await first.stop();

    await restore();
    await begin(1);
    expect(await world.statusOf(runId)).toBe('queued');
    // Two replicas start at once.
    await Promise.all([begin(2), begin(2)]);
    expect(await world.statusOf(runId)).toBe('approved');
    expect(await events()).toEqual([{ before: 1, epoch: 2, runs: [runId] }]);

    await world.startExecutor();
    const other = await world.request({ key: 'other', sqlUp: 'select 1;' });
    await world.execute(other);
    await world.ended(other);
    expect(await world.statusOf(runId)).toBe('approved');

    await world.execute(runId);
    await world.ended(runId);
    expect(await world.itemsOf(runId)).toMatchObject([
      { status: 'executed', outcome: 'applied' },
      { status: 'executed', outcome: 'applied' },
    ]);
    const log = await world.logOf(runId);
    expect(
      log.filter(({ message }) => message.includes('is not run again')),
    ).toHaveLength(2);
    await begin(1);
    expect(await events()).toHaveLength(1);
  });

  it('refuses an epoch that is none', async () => {
    await expect(begin(1.5)).rejects.toThrow('migrateHub.epoch');
  });
});
