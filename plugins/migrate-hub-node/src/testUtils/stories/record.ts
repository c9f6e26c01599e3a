import {
  changeHistory,
  failureOf,
  historyRow,
  KitContext,
  ledgerRow,
  sha256,
  Teller,
} from '../KitContext';

export function recordStories(
  kit: KitContext,
  { chapter, story }: Teller,
): void {
  chapter('tables', () => {
    story('are made by two sessions at once without an error', async () => {
      for (const historyTable of ['migrations', 'h1', 'h2', 'h3', 'h4']) {
        const sessions = await Promise.all(
          [1, 2, 3].map(() => kit.connect({ connection: { historyTable } })),
        );
        await Promise.all(sessions.map(session => session.prepareTables()));
        await expect(
          kit.database.query(`SELECT * FROM ${historyTable}_ledger`),
        ).resolves.toEqual([]);
        await Promise.all(sessions.map(session => session.close()));
      }
    });

    story(
      'of another tool are refused before anything runs, naming the setting',
      async () => {
        await kit.database.query(
          'CREATE TABLE migrations (id int primary key, name varchar(255), batch int)',
        );
        const session = await kit.connect();
        await session.acquireLock({ timeoutMs: 5_000 });
        const error = await failureOf(session.prepareTables());
        expect(error.code).toBe('HISTORY_TABLE_FOREIGN');
        expect(error.message).toContain('historyTable');
        await expect(
          kit.database.query('SELECT * FROM migrations_ledger'),
        ).rejects.toThrow();
      },
    );

    story('are found again by the next session', async () => {
      const first = await kit.open();
      await changeHistory(first, { insert: historyRow() });
      await first.close();
      const second = await kit.open();
      const record = await second.readRecord({
        migrationKey: 'add-widgets',
        runItemId: 'another',
        direction: 'up',
      });
      expect(record.history).toMatchObject({
        migrationKey: 'add-widgets',
        checksumUp: sha256('up'),
        checksumDown: sha256('down'),
        appliedBy: 'user@example.com',
        appliedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      });
    });

    story('have the six columns of the history', async () => {
      const session = await kit.open();
      await changeHistory(session, {
        insert: historyRow({ checksumDown: undefined }),
      });
      const [row] = await kit.database.query('SELECT * FROM migrations');
      expect(Object.keys(row).sort()).toEqual([
        'applied_at',
        'applied_by',
        'checksum_down',
        'checksum_up',
        'migration_key',
        'tool_run_id',
      ]);
      expect(row.checksum_down).toBeNull();
    });

    story('tell keys apart byte by byte', async () => {
      const session = await kit.open();
      await changeHistory(session, {
        insert: historyRow({ migrationKey: 'a.b' }),
      });
      await changeHistory(session, {
        insert: historyRow({ migrationKey: 'A.b' }),
      });
      expect((await kit.historyKeys()).sort()).toEqual(['A.b', 'a.b']);
    });
  });

  chapter('preview of the history', () => {
    story('reads without creating anything', async () => {
      const { connection } = kit.database;
      const ask = { migrationKey: 'add-widgets', timeoutMs: 5_000 };
      await expect(
        kit.driver.readHistory(connection, ask),
      ).resolves.toBeUndefined();
      await expect(
        kit.database.query('SELECT * FROM migrations'),
      ).rejects.toThrow();

      const session = await kit.open();
      await expect(
        kit.driver.readHistory(connection, ask),
      ).resolves.toBeUndefined();
      await changeHistory(session, { insert: historyRow() });
      await expect(
        kit.driver.readHistory(connection, ask),
      ).resolves.toMatchObject({ checksumUp: sha256('up') });
    });
  });

  chapter('pages of the history', () => {
    const timeoutMs = 5_000;

    story('hold every row once, in order, and name the server', async () => {
      const { connection } = kit.database;
      await expect(
        kit.driver.listHistory(connection, { limit: 10, timeoutMs }),
      ).resolves.toMatchObject({ rows: [] });
      const session = await kit.open();
      const keys = ['B', 'a', "c'\\", 'ä', 'b.1', 'b-1'];
      for (const migrationKey of keys) {
        await changeHistory(session, { insert: historyRow({ migrationKey }) });
      }
      const found: string[] = [];
      for (;;) {
        const { identity, rows } = await kit.driver.listHistory(connection, {
          after: found[found.length - 1],
          limit: 4,
          timeoutMs,
        });
        expect(identity).toEqual(session.identity);
        if (rows.length === 0) break;
        expect(rows[0]).toMatchObject({
          checksumUp: sha256('up'),
          appliedBy: 'user@example.com',
        });
        found.push(...rows.map(row => row.migrationKey));
      }
      expect(found).toEqual(['B', 'a', 'b-1', 'b.1', "c'\\", 'ä']);
    });

    story('tell the newest checkpoints of the ledger', async () => {
      const { connection } = kit.database;
      const checkpoints = async (after?: string) => {
        const ask = { after, limit: 10, timeoutMs };
        return (await kit.driver.listHistory(connection, ask)).checkpoints;
      };
      expect(await checkpoints()).toEqual([]);
      const session = await kit.open();
      const texts = ['older', undefined, "new'er\\", 'x'.repeat(1000)];
      for (const checkpoint of texts) {
        await session.writeLedger(ledgerRow(session, { checkpoint }));
      }
      expect(await checkpoints()).toEqual([texts[3], texts[2], texts[0]]);
      const row = ledgerRow(session, { checkpoint: 'kept' });
      await session.writeLedger(row);
      await session.writeLedger({ ...row, checkpoint: undefined });
      expect((await checkpoints())?.[0]).toBe('kept');
      expect(await checkpoints('a')).toBeUndefined();
    });

    story('come from a ledger of before checkpoints too', async () => {
      const { connection } = kit.database;
      const first = await kit.open();
      await kit.database.query(
        'ALTER TABLE migrations_ledger DROP COLUMN checkpoint',
      );
      const ask = { limit: 10, timeoutMs };
      const before = await kit.driver.listHistory(connection, ask);
      expect(before.checkpoints).toEqual([]);
      await first.close();
      const session = await kit.open();
      await session.writeLedger(ledgerRow(session, { checkpoint: 'kept' }));
      const after = await kit.driver.listHistory(connection, ask);
      expect(after.checkpoints).toEqual(['kept']);
    });

    story('are refused from a table of another tool', async () => {
      await kit.database.query(
        'CREATE TABLE migrations (id int primary key, name varchar(255))',
      );
      const { connection } = kit.database;
      const error = await failureOf(
        kit.driver.listHistory(connection, { limit: 10, timeoutMs }),
      );
      expect(error.code).toBe('HISTORY_TABLE_FOREIGN');
    });
  });

  chapter('record', () => {
    story('commits statement, ledger and history row together', async () => {
      const session = await kit.open();
      const row = ledgerRow(session, { state: 'finished', position: 1 });
      await session.begin();
      const result = await session.execute(
        "INSERT INTO widgets VALUES (1, 'a'), (2, 'b')",
      );
      expect(result.rows).toBe(2);
      await session.writeRecord(row, { insert: historyRow() });
      expect(await kit.widgets()).toEqual([]);
      expect(await kit.historyKeys()).toEqual([]);
      expect(await kit.ledgerStates()).toEqual([]);
      await session.commit();
      expect(await kit.widgets()).toEqual([1, 2]);
      expect(await kit.historyKeys()).toEqual(['add-widgets']);
      expect(await kit.ledgerStates()).toEqual(['finished']);
    });

    story(
      'keeps nothing of a unit that is rolled back, and the session goes on',
      async () => {
        const session = await kit.open();
        await session.begin();
        await session.execute("INSERT INTO widgets VALUES (1, 'a')");
        await session.writeRecord(ledgerRow(session, { state: 'finished' }), {
          insert: historyRow(),
        });
        await session.rollback();
        expect(await kit.widgets()).toEqual([]);
        expect(await kit.historyKeys()).toEqual([]);
        expect(await kit.ledgerStates()).toEqual([]);

        await session.begin();
        await session.execute("INSERT INTO widgets VALUES (2, 'b')");
        await session.commit();
        expect(await kit.widgets()).toEqual([2]);
      },
    );

    story('refuses a second history row for a key', async () => {
      const session = await kit.open();
      await changeHistory(session, { insert: historyRow() });
      const error = await failureOf(
        changeHistory(session, { insert: historyRow() }),
      );
      expect(error.code).toBe('HISTORY_CHANGED');
      expect(await kit.historyKeys()).toEqual(['add-widgets']);
      expect(await kit.ledgerStates()).toEqual(['finished']);
    });

    story('removes a history row only with exactly its checksum', async () => {
      const session = await kit.open();
      await changeHistory(session, { insert: historyRow() });
      const { migrationKey, checksumUp } = historyRow();
      const error = await failureOf(
        changeHistory(session, {
          remove: { migrationKey, checksumUp: sha256('other') },
        }),
      );
      expect(error.code).toBe('HISTORY_CHANGED');
      expect(await kit.historyKeys()).toEqual(['add-widgets']);
      await changeHistory(session, { remove: { migrationKey, checksumUp } });
      expect(await kit.historyKeys()).toEqual([]);
    });

    story('puts one history row in the place of another', async () => {
      const session = await kit.open();
      await changeHistory(session, { insert: historyRow() });
      await changeHistory(session, {
        remove: historyRow(),
        insert: historyRow({ checksumUp: sha256('next') }),
      });
      const rows = await kit.database.query('SELECT * FROM migrations');
      expect(rows.map(row => row.checksum_up)).toEqual([sha256('next')]);
    });

    story('writes the record in a transaction only', async () => {
      const session = await kit.open();
      const error = await failureOf(
        session.writeRecord(ledgerRow(session), { insert: historyRow() }),
      );
      expect(error.code).toBe('SESSION_DAMAGED');
      expect(await kit.historyKeys()).toEqual([]);
      expect(await kit.ledgerStates()).toEqual([]);
    });

    story('moves its own ledger row on and reads it back whole', async () => {
      const session = await kit.open();
      const row = ledgerRow(session);
      await session.writeLedger(row);
      const moved = {
        ...row,
        attempt: 2,
        position: 3,
        state: 'started' as const,
        statementSha256: sha256('SELECT 1'),
      };
      await session.writeLedger(moved);
      const record = await session.readRecord({
        migrationKey: row.migrationKey,
        runItemId: row.runItemId,
        direction: 'up',
      });
      expect(record).toEqual({ own: moved });
      expect(await kit.ledgerStates()).toEqual(['started']);
    });

    story(
      'writes the ledger durably at once outside a transaction',
      async () => {
        const session = await kit.open();
        await session.writeLedger(ledgerRow(session, { state: 'started' }));
        await kit.database.killSession(session.backend.pid);
        expect(await kit.ledgerStates()).toEqual(['started']);
      },
    );

    story(
      'shows the unfinished row of another item for the key, in either direction',
      async () => {
        const session = await kit.open();
        const ask = {
          migrationKey: 'add-widgets',
          runItemId: 'mine',
          direction: 'up' as const,
        };
        for (const direction of ['up', 'down'] as const) {
          for (const state of ['running', 'started'] as const) {
            const row = ledgerRow(session, { direction, state });
            await session.writeLedger(row);
            expect((await session.readRecord(ask)).unfinished).toEqual(row);
            await session.writeLedger({ ...row, state: 'not_applied' });
            expect((await session.readRecord(ask)).unfinished).toBeUndefined();
          }
        }
        await session.writeLedger(
          ledgerRow(session, { migrationKey: 'another-key' }),
        );
        expect(await session.readRecord(ask)).toEqual({});
      },
    );

    story(
      'keeps the rows of one item and the two directions apart',
      async () => {
        const session = await kit.open();
        const up = ledgerRow(session, { state: 'finished', position: 2 });
        const down = { ...up, direction: 'down' as const, position: 1 };
        await session.writeLedger(up);
        await session.writeLedger(down);
        const ask = { migrationKey: up.migrationKey, runItemId: up.runItemId };
        expect(
          (await session.readRecord({ ...ask, direction: 'up' })).own,
        ).toEqual(up);
        expect(
          (await session.readRecord({ ...ask, direction: 'down' })).own,
        ).toEqual(down);
      },
    );
  });
}
