import { mockServices } from '@backstage/backend-test-utils';
import { HubHealth } from './HubHealth';
import { HubRootHealth } from './rootHealth';

describe('the readiness of the backend', () => {
  const hooks = { startup: () => {}, shutdown: () => {} };
  const create = (health: HubHealth) =>
    HubRootHealth.create({
      health,
      lifecycle: {
        ...mockServices.rootLifecycle.mock(),
        addStartupHook: hook => {
          hooks.startup = hook as () => void;
        },
        addBeforeShutdownHook: hook => {
          hooks.shutdown = hook as () => void;
        },
      },
    });

  it('tells what is wrong, part by part, from start to shutdown', async () => {
    const health = HubHealth.create();
    const executor: { trouble?: string } = {};
    health.addCheck('executor', async () => executor.trouble);
    health.addCheck('keys', async () => undefined);
    const root = create(health);

    expect(await root.getReadiness()).toMatchObject({
      status: 503,
      payload: { message: 'The backend has not started yet.' },
    });
    hooks.startup();
    expect(await root.getReadiness()).toEqual({
      status: 200,
      payload: { status: 'ok', parts: { executor: 'ok', keys: 'ok' } },
    });
    executor.trouble = 'it was not started yet';
    expect(await root.getReadiness()).toEqual({
      status: 503,
      payload: {
        status: 'error',
        message: 'executor: it was not started yet',
        parts: { executor: executor.trouble, keys: 'ok' },
      },
    });
    expect((await root.getLiveness()).status).toBe(200);
    executor.trouble = undefined;
    health.addWarning('audit chain', async () => 'it was cut');
    expect(await root.getReadiness()).toMatchObject({
      status: 200,
      payload: { status: 'ok', parts: { 'audit chain': 'it was cut' } },
    });
    hooks.shutdown();
    expect((await root.getReadiness()).payload).toMatchObject({
      message: 'The backend is shutting down.',
    });
  });

  it('answers also while a part does not, without telling why it threw', async () => {
    jest.useFakeTimers();
    const health = HubHealth.create();
    health.addCheck('metadata database', () => new Promise(() => {}));
    health.addCheck('keys', async () => {
      throw new Error('postgres://user:password@host');
    });
    const report = health.report();
    await jest.advanceTimersByTimeAsync(3_000);
    expect(await report).toEqual([
      {
        ...{ part: 'metadata database', ok: false },
        message: 'no answer within 3000 ms',
      },
      { part: 'keys', ok: false, message: 'the check itself failed' },
    ]);
    jest.useRealTimers();
  });
});
