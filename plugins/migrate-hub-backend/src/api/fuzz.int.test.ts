import {
  errorCodes,
  routes,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import fc from 'fast-check';
import { ApiWorld } from './__testUtils__/ApiWorld';
import {
  changedTables,
  fingerprint,
  halfWritten,
} from './__testUtils__/records';
import {
  FuzzRequest,
  requestArbitrary,
} from './__testUtils__/requestArbitrary';
import { Scene } from './__testUtils__/Scene';
import { Exchange, sendFuzzed } from './__testUtils__/sendFuzzed';

jest.setTimeout(3_600_000);

/** More requests, or others, than `npm test` sends: MIGRATE_HUB_FUZZ_RUNS=20000 MIGRATE_HUB_FUZZ_SEED=7 */
const RUNS = Number(process.env.MIGRATE_HUB_FUZZ_RUNS ?? 300);
const SEED = Number(process.env.MIGRATE_HUB_FUZZ_SEED ?? 1);

describe('any request at all', () => {
  let world: ApiWorld;

  beforeAll(async () => {
    world = await ApiWorld.create();
    const scene = await Scene.create(world);
    await scene.newRun();
    await scene.approvedRun();
    await scene.failedRun('not_applied');
    await scene.failedRun('unknown');
    await scene.newUser();
    await world.openSession('somebody');
    // A service gets its account at the first call.
    await world.done('service', 'getMe', {});
  });
  afterAll(() => world?.drop());

  /** Refused with a code of the contract, or answered as the contract says. */
  function judgeAnswer(
    { route }: FuzzRequest,
    { answer, requestId }: Exchange,
  ) {
    const { status, code, body } = answer;
    if (status >= 400) {
      expect(errorCodes).toHaveProperty([String(code)], status);
      expect(status).toBeLessThan(500);
      expect(body).toMatchObject({
        error: { message: expect.stringMatching(/\S/) },
        requestId,
      });
    } else {
      expect(status).toBe(routes[route].status);
      routes[route].response.parse(body);
    }
    expect(JSON.stringify(body)).not.toContain(world.connection.password);
  }

  /**
   * All of it or nothing: a change has its event, a GET changes nothing, and a
   * refusal nothing but what it found out about a target.
   */
  async function judgeChange(
    { method, answer, requestId }: Exchange,
    changed: string[],
  ) {
    if (changed.length === 0) return;
    expect(method).not.toBe('GET');
    const events = await world
      .knex('audit_events')
      .where({ request_id: requestId })
      .pluck('action');
    expect(events).not.toEqual([]);
    if (answer.status < 400) return;
    expect(changed).toEqual(['db_targets']);
    expect(new Set(events)).toEqual(new Set(['db_target.tested']));
  }

  it('is refused with the reason or done as a whole, and never breaks the hub', async () => {
    const seen = new Set<string>();
    let before = await fingerprint(world.knex);
    await fc.assert(
      fc.asyncProperty(requestArbitrary(world), async request => {
        const exchange = await sendFuzzed(world, request);
        seen.add(`${request.route} ${exchange.answer.status < 400}`);
        const after = await fingerprint(world.knex);
        const changed = changedTables(before, after);
        before = after;
        try {
          judgeAnswer(request, exchange);
          await judgeChange(exchange, changed);
        } catch (error) {
          throw new Error(
            `${JSON.stringify({
              caller: request.caller,
              ...exchange,
              changed,
            })}\n${error}`,
          );
        }
      }),
      // Others would see other rows than the first: nothing to shrink.
      { numRuns: RUNS, seed: SEED, endOnFailure: true },
    );
    expect(await halfWritten(world.knex)).toEqual([]);
    // The requests reach what they are aimed at.
    const missed = Object.keys(routes).filter(
      route => !seen.has(`${route} true`),
    );
    expect(missed).toEqual(missed.slice(0, Object.keys(routes).length / 2));
  });
});
