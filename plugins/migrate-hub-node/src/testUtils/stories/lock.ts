import { failureOf, KitContext, Teller } from '../KitContext';
import { waitUntil } from '../waitUntil';

export function lockStories(kit: KitContext, { chapter, story }: Teller): void {
  chapter('lock', () => {
    story(
      'lets one session in at a time and names the holder to the other',
      async () => {
        const first = await kit.connect();
        const second = await kit.connect();
        await first.acquireLock({ timeoutMs: 5_000 });

        const waitingFor: string[] = [];
        const error = await failureOf(
          second.acquireLock({
            timeoutMs: 600,
            onWaiting: holder => waitingFor.push(holder),
          }),
        );
        expect(error.code).toBe('LOCK_TIMEOUT');
        expect(error.message).toContain(first.backend.pid);
        expect(waitingFor[0]).toContain(first.backend.pid);
        expect(error.connectionLost).toBe(false);
      },
    );

    story(
      'is one for a database, whatever the history table is called',
      async () => {
        const first = await kit.connect();
        const second = await kit.connect({
          connection: { historyTable: 'other_history' },
        });
        await first.acquireLock({ timeoutMs: 5_000 });
        const error = await failureOf(second.acquireLock({ timeoutMs: 300 }));
        expect(error.code).toBe('LOCK_TIMEOUT');
      },
    );

    story('is not shared with another database of the server', async () => {
      const other = await kit.createDatabase();
      try {
        const first = await kit.connect();
        const second = await kit.connect({ connection: other.connection });
        await first.acquireLock({ timeoutMs: 5_000 });
        await second.acquireLock({ timeoutMs: 5_000 });
        await second.close();
      } finally {
        await other.drop();
      }
    });

    story('stops waiting when asked to', async () => {
      const first = await kit.connect();
      const second = await kit.connect();
      await first.acquireLock({ timeoutMs: 5_000 });
      const controller = new AbortController();
      const error = await failureOf(
        second.acquireLock({
          timeoutMs: 20_000,
          signal: controller.signal,
          onWaiting: () => controller.abort(),
        }),
      );
      expect(error.code).toBe('CANCELED');
    });

    story('does not begin to wait when canceled before', async () => {
      const session = await kit.connect();
      const error = await failureOf(
        session.acquireLock({ timeoutMs: 5_000, signal: AbortSignal.abort() }),
      );
      expect(error.code).toBe('CANCELED');
    });

    story('is free after its holder closes', async () => {
      const first = await kit.connect();
      const second = await kit.connect();
      await first.acquireLock({ timeoutMs: 5_000 });
      let waiting = false;
      const acquired = second.acquireLock({
        timeoutMs: 10_000,
        onWaiting: () => {
          waiting = true;
        },
      });
      await waitUntil('the second session waits', () => waiting);
      await first.close();
      await acquired;
    });

    story('is free after its holder was killed', async () => {
      const first = await kit.connect();
      const second = await kit.connect();
      await first.acquireLock({ timeoutMs: 5_000 });
      await kit.database.killSession(first.backend.pid);
      await second.acquireLock({ timeoutMs: 10_000 });
    });
  });
}
