import { mockServices } from '@backstage/backend-test-utils';
import { mkdtemp, rm, writeFile } from 'fs/promises';
import { tmpdir } from 'os';
import { join } from 'path';
import { failPointFromFile } from './FailPointFile';

describe('fail points from a file', () => {
  const logger = mockServices.logger.mock();
  const create = (executor: { failPoints?: string }) =>
    failPointFromFile({
      logger,
      config: mockServices.rootConfig({ data: { migrateHub: { executor } } }),
    });
  const nodeEnv = process.env.NODE_ENV;
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'migrate-hub-'));
    file = join(folder, 'faults.json');
  });
  afterEach(async () => {
    Object.assign(process.env, { NODE_ENV: nodeEnv });
    await rm(folder, { recursive: true });
  });

  it('are off by default', () => {
    expect(create({})).toBeUndefined();
  });

  it('are refused in production', () => {
    Object.assign(process.env, { NODE_ENV: 'production' });
    expect(() => create({ failPoints: file })).toThrow(
      'migrateHub.executor.failPoints is for tests',
    );
  });

  it('strike only the place, item and attempt that the file names', async () => {
    const failPoint = create({ failPoints: file });
    const at = { itemId: 'a', attempt: 1, index: 0 };
    await failPoint?.('locked', at);

    const rule = { at: 'locked', action: 'throw', item: 'a' };
    await writeFile(file, JSON.stringify([rule]));
    await expect(failPoint?.('locked', at)).rejects.toThrow(
      'fail point locked',
    );
    await failPoint?.('decided', at);
    await failPoint?.('locked', { ...at, itemId: 'b' });
    await failPoint?.('locked', { ...at, attempt: 2 });

    await writeFile(file, JSON.stringify([{ ...rule, index: 1 }]));
    await failPoint?.('locked', at);
  });

  it('let a delayed worker go on when the rule is gone', async () => {
    const failPoint = create({ failPoints: file });
    await writeFile(file, JSON.stringify([{ at: 'locked', action: 'delay' }]));
    let passed = false;
    const waiting = failPoint?.('locked', { itemId: 'a', attempt: 1 }).then(
      () => {
        passed = true;
      },
    );
    await failPoint?.('decided', { itemId: 'a', attempt: 1 });
    expect(passed).toBe(false);
    await rm(file);
    await waiting;
    expect(passed).toBe(true);
  });
});
