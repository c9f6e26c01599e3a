import { TargetSession } from '../../TargetDriver';
import {
  failureOf,
  historyRow,
  KitContext,
  ledgerRow,
  Teller,
} from '../KitContext';
import { TcpProxy } from '../TcpProxy';
import { waitUntil } from '../waitUntil';

export function failureStories(
  kit: KitContext,
  { chapter, story }: Teller,
): void {
  async function running(session: TargetSession): Promise<void> {
    await waitUntil('the statement runs', () =>
      kit.database.isBusy(session.backend.pid),
    );
  }

  chapter('a failing statement', () => {
    story(
      'is reported in the words of the server, and the session goes on',
      async () => {
        const session = await kit.open();
        const { sql, sqlState, position } = kit.samples.failing;
        const error = await failureOf(session.execute(sql));
        expect(error).toMatchObject({
          code: 'STATEMENT_FAILED',
          sqlState,
          position,
          connectionLost: false,
        });
        await session.writeLedger(ledgerRow(session));
        expect(await kit.ledgerStates()).toEqual(['running']);
      },
    );

    story('takes the whole transactional unit with it', async () => {
      const session = await kit.open();
      await session.begin();
      await session.execute("INSERT INTO widgets VALUES (1, 'a')");
      await failureOf(session.execute(kit.samples.failing.sql));
      await session.rollback();
      expect(await kit.widgets()).toEqual([]);
    });

    story('is stopped when it takes too long', async () => {
      const session = await kit.open({ statementTimeoutMs: 300 });
      const error = await failureOf(session.execute(kit.samples.slow));
      expect(error.code).toBe('STATEMENT_TIMEOUT');
      expect(error.connectionLost).toBe(false);
      await session.writeLedger(ledgerRow(session));
    });
  });

  chapter('cancel', () => {
    story(
      'stops the running statement and leaves the session in order',
      async () => {
        const session = await kit.open();
        await session.begin();
        await session.execute("INSERT INTO widgets VALUES (1, 'a')");
        const failure = failureOf(session.execute(kit.samples.slow));
        await running(session);
        await session.cancel();
        expect((await failure).code).toBe('CANCELED');
        await session.rollback();
        expect(await kit.widgets()).toEqual([]);
        await session.writeLedger(ledgerRow(session, { state: 'not_applied' }));
        expect(await kit.ledgerStates()).toEqual(['not_applied']);
      },
    );

    story('harms nothing while nothing runs, nor after the end', async () => {
      const session = await kit.open();
      await session.cancel();
      await session.execute("INSERT INTO widgets VALUES (1, 'a')");
      await session.close();
      await session.cancel();
      expect(await kit.widgets()).toEqual([1]);
    });
  });

  chapter('a lost connection', () => {
    story(
      'in the middle of a statement is told, and every later call fails the same way',
      async () => {
        const session = await kit.open();
        await session.begin();
        await session.execute("INSERT INTO widgets VALUES (1, 'a')");
        const failure = failureOf(session.execute(kit.samples.slow));
        await running(session);
        await kit.database.killSession(session.backend.pid);
        expect(await failure).toMatchObject({
          code: 'CONNECTION_LOST',
          connectionLost: true,
          commitInDoubt: false,
        });
        const later = await failureOf(
          session.writeLedger(ledgerRow(session, { state: 'finished' })),
        );
        expect(later.connectionLost).toBe(true);
        await session.close();
        expect(await kit.widgets()).toEqual([]);
      },
    );

    story('while nothing runs is told at the next call', async () => {
      const session = await kit.open();
      await kit.database.killSession(session.backend.pid);
      await waitUntil(
        'the session is gone',
        async () => !(await kit.database.isAlive(session.backend.pid)),
      );
      const error = await failureOf(session.execute('SELECT 1'));
      expect(error.connectionLost).toBe(true);
    });

    story('before COMMIT commits nothing', async () => {
      const session = await kit.open();
      await session.begin();
      await session.execute("INSERT INTO widgets VALUES (1, 'a')");
      await kit.database.killSession(session.backend.pid);
      const error = await failureOf(session.commit());
      expect(error.connectionLost).toBe(true);
      expect(await kit.widgets()).toEqual([]);
    });

    story.each([
      ['drop-reply', ['add-widgets']],
      ['drop-request', []],
    ] as const)(
      'at COMMIT (%s) leaves the outcome in doubt',
      async (kind, keys) => {
        const { host, port } = kit.database.connection;
        const proxy = await TcpProxy.create({ host, port });
        try {
          const session = await kit.open({
            connection: { host: '127.0.0.1', port: proxy.port },
          });
          await session.begin();
          await session.writeRecord(ledgerRow(session), {
            insert: historyRow(),
          });
          proxy.breakAt('COMMIT', kind);
          const error = await failureOf(session.commit());
          expect(error).toMatchObject({
            connectionLost: true,
            commitInDoubt: true,
          });
          expect(proxy.triggered).toBe(1);
          await waitUntil(
            'the old session is gone',
            async () => !(await kit.database.isAlive(session.backend.pid)),
          );
          expect(await kit.historyKeys()).toEqual(keys);
        } finally {
          await proxy.close();
        }
      },
    );

    story(
      'that goes silent at COMMIT is noticed, and leaves the outcome in doubt',
      async () => {
        const { host, port } = kit.database.connection;
        const proxy = await TcpProxy.create({ host, port });
        try {
          const session = await kit.open({
            connection: { host: '127.0.0.1', port: proxy.port },
          });
          await session.begin();
          await session.writeRecord(ledgerRow(session), {
            insert: historyRow(),
          });
          proxy.breakAt('COMMIT', 'silence-reply');
          const error = await failureOf(session.commit());
          expect(error).toMatchObject({
            connectionLost: true,
            commitInDoubt: true,
          });
          expect(await kit.historyKeys()).toEqual(['add-widgets']);
        } finally {
          await proxy.close();
        }
      },
      30_000,
    );
  });

  chapter('a statement whose outcome nobody knows', () => {
    for (const { setup, sql, findings } of kit.samples.probes) {
      story(`can be looked for: ${sql}`, async () => {
        const session = await kit.open();
        for (const before of setup) {
          await kit.database.query(before).catch(() => undefined);
        }
        const found = await session.probe?.({ sql });
        expect(found).toEqual(
          findings.map(({ check, result }) => ({
            check: expect.stringMatching(check),
            result: expect.stringMatching(result),
          })),
        );
      });
    }

    story('need not have left anything to look at', async () => {
      const session = await kit.open();
      expect(
        await session.probe?.({ sql: "INSERT INTO widgets VALUES (1, 'a')" }),
      ).toEqual([]);
      expect(await session.probe?.({ sql: '' })).toEqual([]);
    });
  });

  chapter('closing', () => {
    story(
      'ends the session on the server, also in the middle of a statement, and may be repeated',
      async () => {
        const session = await kit.open();
        const failure = failureOf(session.execute(kit.samples.slow));
        await running(session);
        await session.close();
        await session.close();
        expect((await failure).connectionLost).toBe(true);
        // The server may notice only at the end of the statement: we end it here.
        if (await kit.database.isAlive(session.backend.pid)) {
          await kit.database.killSession(session.backend.pid);
        }
        const idle = await kit.open();
        await idle.close();
        await waitUntil(
          'the idle session is gone',
          async () => !(await kit.database.isAlive(idle.backend.pid)),
        );
      },
    );
  });
}
