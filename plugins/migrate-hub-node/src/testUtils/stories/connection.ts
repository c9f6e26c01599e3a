import { createServer, AddressInfo } from 'net';
import { ConnectionTestResult, TargetConnection } from '../../TargetDriver';
import { failureOf, KitContext, Teller } from '../KitContext';

const WITHIN = { timeoutMs: 10_000 };

async function unusedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise<void>(resolve => {
    server.close(() => resolve());
  });
  return port;
}

function failed(result: ConnectionTestResult): string[] {
  return result.checks.filter(check => !check.ok).map(check => check.name);
}

export function connectionStories(
  kit: KitContext,
  { chapter, story }: Teller,
): void {
  chapter('connection test', () => {
    async function test(
      changes: Partial<TargetConnection> = {},
    ): Promise<ConnectionTestResult> {
      const connection = { ...kit.database.connection, ...changes };
      const result = await kit.driver.test(connection, WITHIN);
      expect(JSON.stringify(result)).not.toContain(connection.password);
      return result;
    }

    story(
      'says that all is well with a good target, and who the server is',
      async () => {
        const result = await test();
        expect(failed(result)).toEqual([]);
        expect(result).toMatchObject({
          ok: true,
          identity: {
            id: expect.stringMatching(/.+\/.+/),
            version: expect.stringMatching(/^\d+\.\d+/),
          },
        });
        expect(result.checks.map(check => check.name)).toEqual(
          expect.arrayContaining([
            'reachable',
            'tls',
            'authentication',
            'database',
            'version',
            'identity',
            'history_table',
            'privileges',
          ]),
        );
      },
    );

    story('leaves nothing behind in the target', async () => {
      await test();
      await expect(
        kit.database.query('SELECT * FROM migrations'),
      ).rejects.toThrow();
    });

    story(
      'tells an unknown host from a refused port, and names them',
      async () => {
        const port = await unusedPort();
        const unknown = await test({ host: 'no-such-host.invalid' });
        const refused = await test({ port });
        expect([unknown.ok, failed(unknown)]).toEqual([false, ['reachable']]);
        expect([refused.ok, failed(refused)]).toEqual([false, ['reachable']]);
        expect(unknown.checks[0].message).toContain('no-such-host.invalid');
        expect(refused.checks[0].message).toContain(String(port));
        expect(unknown.checks[0].message).toMatch(/resolve|not known|unknown/i);
        expect(refused.checks[0].message).toMatch(/refused/i);
      },
    );

    story('gives up on a server that never answers', async () => {
      const silent = new Set<{ destroy(): void }>();
      const server = createServer(socket => {
        silent.add(socket);
      });
      await new Promise<void>(resolve => {
        server.listen(0, '127.0.0.1', resolve);
      });
      const { port } = server.address() as AddressInfo;
      const result = await kit.driver.test(
        { ...kit.database.connection, host: '127.0.0.1', port },
        { timeoutMs: 700 },
      );
      for (const socket of silent) {
        socket.destroy();
      }
      server.close();
      expect([result.ok, failed(result)]).toEqual([false, ['reachable']]);
      expect(result.checks[0].message).toMatch(/answer|time/i);
    });

    story('says that the password is wrong, without repeating it', async () => {
      const result = await test({ password: 'Wrong-Pass-4711' });
      expect([result.ok, failed(result)]).toEqual([false, ['authentication']]);
    });

    story('says that the database does not exist', async () => {
      const result = await test({ database: 'no_such_database' });
      expect([result.ok, failed(result)]).toEqual([false, ['database']]);
      expect(
        result.checks.find(check => check.name === 'database')?.message,
      ).toContain('no_such_database');
    });

    story(
      'says that TLS failed where a certificate must be verified and cannot',
      async () => {
        const result = await test({ tls: { mode: 'verify-full' } });
        expect([result.ok, failed(result)]).toEqual([false, ['tls']]);
      },
    );

    story(
      'takes a host for a name or an address, never for a socket path',
      async () => {
        const result = await test({ host: '/var/run' });
        expect([result.ok, failed(result)]).toEqual([false, ['reachable']]);
      },
    );

    story(
      'knows the same database under another name of its host',
      async () => {
        const byName = await test({ host: 'localhost' });
        const byAddress = await test({ host: '127.0.0.1' });
        expect(byName.identity?.id).toBeDefined();
        expect(byName.identity).toEqual(byAddress.identity);
        const session = await kit.connect();
        expect(session.identity).toEqual(byAddress.identity);
      },
    );

    story('knows another database of the same server as another', async () => {
      const other = await kit.createDatabase();
      try {
        const there = await kit.driver.test(other.connection, WITHIN);
        const here = await test();
        expect(there.identity?.id).toBeDefined();
        expect(there.identity?.id).not.toEqual(here.identity?.id);
      } finally {
        await other.drop();
      }
    });

    story(
      'warns of the migrations table of another tool and names the setting',
      async () => {
        await kit.database.query(
          'CREATE TABLE migrations (id int primary key, name varchar(255), batch int)',
        );
        const result = await test();
        expect([result.ok, failed(result)]).toEqual([false, ['history_table']]);
        expect(
          result.checks.find(check => check.name === 'history_table')?.message,
        ).toContain('historyTable');
      },
    );
  });

  chapter('connecting', () => {
    story(
      'fails with a code that says what is wrong, and never with the password',
      async () => {
        const cases: Array<[Partial<TargetConnection>, string]> = [
          [{ host: 'no-such-host.invalid' }, 'UNREACHABLE'],
          [{ port: await unusedPort() }, 'UNREACHABLE'],
          [{ password: 'Wrong-Pass-4711' }, 'AUTHENTICATION_FAILED'],
          [{ database: 'no_such_database' }, 'UNKNOWN_DATABASE'],
          [{ tls: { mode: 'verify-full' } }, 'TLS_FAILED'],
        ];
        for (const [changes, code] of cases) {
          const error = await failureOf(kit.connect({ connection: changes }));
          expect([changes, error.code]).toEqual([changes, code]);
          expect(error.message).not.toContain(
            changes.password ?? kit.database.connection.password,
          );
        }
      },
    );
  });
}
