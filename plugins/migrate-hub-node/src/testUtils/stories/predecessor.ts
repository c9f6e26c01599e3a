import { failureOf, KitContext, Teller } from '../KitContext';
import { waitUntil } from '../waitUntil';

export function predecessorStories(
  kit: KitContext,
  { chapter, story }: Teller,
): void {
  const isAlive = (pid: string) => kit.database.isAlive(pid);

  chapter('the session that an earlier attempt left behind', () => {
    story(
      'is ended where it is idle, also within its transaction',
      async () => {
        const first = await kit.open();
        await first.begin();
        await first.execute("INSERT INTO widgets VALUES (1, 'a')");
        const second = await kit.connect();
        await second.acquireLock({
          timeoutMs: 10_000,
          predecessor: first.backend,
        });
        expect(await isAlive(first.backend.pid)).toBe(false);
        expect(await kit.widgets()).toEqual([]);
        const error = await failureOf(first.commit());
        expect(error.connectionLost).toBe(true);
      },
    );

    story.each([
      ['that holds the lock', true],
      ['that does not hold the lock', false],
    ])('%s may end the statement it is at', async (_, holdsLock) => {
      const first = await (holdsLock ? kit.open() : kit.connect());
      let ended = false;
      const statement = first.execute(kit.samples.brief).then(() => {
        ended = true;
      });
      await waitUntil('the statement runs', () =>
        kit.database.isBusy(first.backend.pid),
      );
      const holders: string[] = [];
      const second = await kit.connect();
      await second.acquireLock({
        timeoutMs: 20_000,
        predecessor: first.backend,
        onWaiting: holder => holders.push(holder),
      });
      expect(await isAlive(first.backend.pid)).toBe(false);
      await statement;
      expect(ended).toBe(true);
      // Told anew whenever it changes, but always the same session.
      expect(holders).not.toEqual([]);
      expect(
        holders.filter(holder => !holder.includes(first.backend.pid)),
      ).toEqual([]);
    });

    story('is ended if its statement goes on for too long', async () => {
      const first = await kit.open();
      const failure = failureOf(first.execute(kit.samples.slow));
      await waitUntil('the statement runs', () =>
        kit.database.isBusy(first.backend.pid),
      );
      const second = await kit.connect();
      await second.acquireLock({
        timeoutMs: 500,
        predecessor: first.backend,
      });
      expect((await failure).connectionLost).toBe(true);
      expect(await isAlive(first.backend.pid)).toBe(false);
    });

    story('is not mistaken for one that bears its number now', async () => {
      const other = await kit.connect();
      const reused = {
        pid: other.backend.pid,
        startedAt: '2001-02-03T04:05:06.000000Z',
      };
      const second = await kit.connect();
      await second.acquireLock({ timeoutMs: 5_000, predecessor: reused });
      await second.close();

      await other.acquireLock({ timeoutMs: 5_000 });
      const third = await kit.connect();
      const error = await failureOf(
        third.acquireLock({ timeoutMs: 300, predecessor: reused }),
      );
      expect(error.code).toBe('LOCK_TIMEOUT');
      await other.execute("INSERT INTO widgets VALUES (1, 'a')");
      expect(await kit.widgets()).toEqual([1]);
    });

    story('need not be there any more', async () => {
      const first = await kit.open();
      await first.close();
      const second = await kit.connect();
      await second.acquireLock({
        timeoutMs: 5_000,
        predecessor: first.backend,
      });
    });
  });
}
