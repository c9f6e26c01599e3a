import { waitUntil } from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { HubProcess } from '../acceptance/__testUtils__/HubProcess';
import { FaultTarget } from './__testUtils__/FaultTarget';
import { Approved, enginesHere, FaultWorld } from './__testUtils__/FaultWorld';

jest.setTimeout(170_000);

/** What a procedure did cannot be proved by anything, GTIDs included. */
const up = (key: string) =>
  `insert into ran values ('${key}');\ncall touch();\n`;
const down = (key: string) =>
  `delete from ran where k = '${key}';\ncall touch();\n`;

let world: FaultWorld;
let worker: HubProcess;

beforeAll(async () => {
  world = await FaultWorld.create();
  worker = await world.startWorker();
});
afterAll(async () => world?.stop());

const engines = enginesHere.filter(engine => engine !== 'postgres');

(engines.length
  ? describe.each(engines)
  : describe.skip.each(['mysql'] as const))(
  'A person resolves on %s',
  engine => {
    const itemOf = async ({ run }: Approved, target: FaultTarget) => {
      const { items } = await world.user.runEnded(run.id);
      const item = items.find(one => one.target.id === target.id);
      if (!item) throw new Error('the run has lost an item');
      return item;
    };

    const resolve = async (
      approved: Approved,
      target: FaultTarget,
      resolution: 'mark_applied' | 'mark_not_applied',
    ) => {
      const { id } = await itemOf(approved, target);
      return world.manager.call('resolveRunItem', {
        params: { id },
        body: { resolution, reason: 'I looked into the database' },
      });
    };

    /** Of the migration: history rows, and the state of the newest ledger row. */
    const recordOf = async (target: FaultTarget, key: string) => {
      const [ledger] = await target.query(
        `select state from migrations_ledger where migration_key = '${key}' order by updated_at desc limit 1`,
      );
      return {
        history: await target.count(
          `migrations where migration_key = '${key}'`,
        ),
        ledger: ledger.state,
      };
    };

    const retry = async (approved: Approved, target: FaultTarget) => {
      await world.user.call('retryRun', {
        params: { id: approved.run.id },
        body: {},
      });
      return itemOf(approved, target);
    };

    it('what nobody can know, applied or not, forwards and back', async () => {
      const first = worker;
      const [done, undone, back, notBack] = await world.createTargets(
        engine,
        4,
      );
      for (const target of [done, undone, back, notBack]) {
        await target.query(
          `create procedure touch() insert into marks values ('touched')`,
        );
      }
      const forwards = await world.approved([done, undone], 'steps', up, down);
      const before = await world.approved([back, notBack], 'steps', up, down);
      await world.execute(before);
      await itemOf(before, back);
      const backwards = await world.approvedRollback(before);

      const items = [...forwards.run.items, ...backwards.run.items];
      await world.setFaults(
        items.map(({ id }) => ({
          at: 'intent_written',
          index: 1,
          item: id,
          action: 'delay',
        })),
      );
      await world.execute(forwards);
      await world.execute(backwards);
      for (const { id } of items) {
        await waitUntil('the procedure is about to be called', () =>
          first.output.includes(
            `Fail point intent_written, delay: run item ${id}`,
          ),
        );
      }
      first.signal('SIGKILL');
      await first.ended;
      await world.setFaults([]);
      worker = await world.startWorker();
      for (const [approved, target] of [
        [forwards, done],
        [forwards, undone],
        [backwards, back],
        [backwards, notBack],
      ] as const) {
        expect(await itemOf(approved, target)).toMatchObject({
          status: 'failed',
          outcome: 'unknown',
          error: { code: 'OUTCOME_UNKNOWN', statementIndex: 1 },
        });
      }

      expect(await resolve(forwards, done, 'mark_applied')).toMatchObject({
        status: 'executed',
        outcome: 'applied',
      });
      expect(await recordOf(done, forwards.key)).toEqual({
        history: 1,
        ledger: 'finished',
      });
      expect(await resolve(backwards, back, 'mark_applied')).toMatchObject({
        status: 'executed',
        outcome: 'applied',
      });
      expect(await recordOf(back, backwards.key)).toEqual({
        history: 0,
        ledger: 'finished',
      });

      expect(await resolve(forwards, undone, 'mark_not_applied')).toMatchObject(
        { status: 'failed', outcome: 'not_applied' },
      );
      expect(await recordOf(undone, forwards.key)).toEqual({
        history: 0,
        ledger: 'not_applied',
      });
      await undone.query('delete from ran');
      expect(await retry(forwards, undone)).toMatchObject({
        status: 'executed',
      });
      expect(await recordOf(undone, forwards.key)).toEqual({
        history: 1,
        ledger: 'finished',
      });
      expect(await undone.count('marks')).toBe(1);

      expect(
        await resolve(backwards, notBack, 'mark_not_applied'),
      ).toMatchObject({ status: 'failed', outcome: 'not_applied' });
      expect(await recordOf(notBack, backwards.key)).toEqual({
        history: 1,
        ledger: 'not_applied',
      });
      expect(await retry(backwards, notBack)).toMatchObject({
        status: 'executed',
      });
      expect(await recordOf(notBack, backwards.key)).toEqual({
        history: 0,
        ledger: 'finished',
      });

      for (const target of [done, undone, back, notBack]) {
        // The last word of a worker precedes the end of its session by a moment.
        await waitUntil(
          'the hub has left the target',
          async () =>
            (await target.hubSessions()).length === 0 &&
            !(await target.isLocked()),
        );
      }
    });
  },
);
