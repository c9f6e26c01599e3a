import { ExecutionWorld } from '../executor/__testUtils__/ExecutionWorld';
import { lockMigration } from './migrations';
import { appendLogs } from './runLogs';
import { lockRunItems } from './runItems';
import { lockRun } from './runs';

jest.setTimeout(60_000);

describe('locks of a run', () => {
  let world: ExecutionWorld;

  beforeAll(async () => {
    world = await ExecutionWorld.create({ targets: 2 });
  });
  afterAll(async () => world.drop());

  it('never deadlock a command with a worker that holds an item and writes its log', async () => {
    const { knex } = world;
    const runId = await world.request({ key: 'k', sqlUp: 'select 1;\n' });
    const [item] = await world.itemsOf(runId);
    const { migration_id: migrationId } = await knex('runs')
      .where({ id: runId })
      .first();

    const worker = await knex.transaction();
    const command = await knex.transaction();
    await worker.raw("set local lock_timeout = '5s'");
    await worker('run_items').where({ id: item.id }).update({ log_lines: 1 });
    await lockMigration(command, migrationId);
    await lockRun(command, runId);
    const waiting = lockRunItems(command, runId);

    const at = new Date().toISOString();
    await appendLogs(worker, runId, [
      {
        itemId: item.id,
        attempt: 1,
        entries: [{ at, level: 'info', message: 'Connected' }],
      },
    ]);
    await worker.commit();
    expect(await waiting).toHaveLength(2);
    await command.commit();
  });
});
