import { createServer, connect, AddressInfo, Server, Socket } from 'net';
import { networkInterfaces } from 'os';
import { generate } from 'selfsigned';
import { createSecureContext, TLSSocket } from 'tls';
import {
  TargetConnection,
  TargetError,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import {
  TestDatabase,
  testServer,
} from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { mayReadPassword } from './address';
import { createTestDatabase } from './testing/createTestDatabase';
import { Wire } from './Wire';

const OPTIONS = { tag: 'migrate-hub test', timeoutMs: 5_000 };

async function listen(server: Server, host: string): Promise<number> {
  await new Promise<void>(resolve => {
    server.listen(0, host, resolve);
  });
  return (server.address() as AddressInfo).port;
}

async function codeOf(connection: TargetConnection): Promise<string> {
  return Wire.open(connection, OPTIONS).then(
    async wire => {
      await wire.close();
      return 'OPEN';
    },
    (error: TargetError) => error.code,
  );
}

describe('A password', () => {
  it.each([
    ['192.0.2.1', { mode: 'disable' }, false],
    ['192.0.2.1', { mode: 'require' }, false],
    ['192.0.2.1', { mode: 'verify-ca' }, true],
    ['192.0.2.1', { mode: 'verify-full' }, true],
    ['192.0.2.1', { mode: 'disable', allowInsecurePassword: true }, true],
    ['127.0.0.2', { mode: 'disable' }, true],
    ['::1', { mode: 'disable' }, true],
    ['2001:db8::1', { mode: 'disable' }, false],
  ] as const)('may be read at %s with %j: %s', (address, tls, allowed) => {
    expect(mayReadPassword(tls, address)).toBe(allowed);
  });

  it('is not told to a server that asks for it readable', async () => {
    const address = Object.values(networkInterfaces())
      .flat()
      .find(found => found && !found.internal && found.family === 'IPv4');
    if (!address) {
      throw new Error('This test needs a network interface besides loopback');
    }
    const heard: Buffer[] = [];
    const thief = createServer(socket => {
      socket.on('error', () => {});
      socket.on('data', chunk => {
        heard.push(chunk as Buffer);
        // AuthenticationCleartextPassword
        socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]));
      });
    });
    const port = await listen(thief, address.address);
    const connection: TargetConnection = {
      host: address.address,
      port,
      database: 'db',
      username: 'user',
      password: 'the-secret',
      tls: { mode: 'disable' },
      historyTable: 'migrations',
    };
    expect(await codeOf(connection)).toBe('INSECURE_PASSWORD_REFUSED');
    expect(Buffer.concat(heard).toString()).not.toContain('the-secret');
    thief.close();
  });
});

const server = testServer('postgres');
const suite = server ? describe : describe.skip;

suite('TLS', () => {
  const certificate = generate([{ name: 'commonName', value: 'localhost' }], {
    days: 2,
    keySize: 2048,
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] },
    ],
  });
  const sockets = new Set<Socket>();
  let database: TestDatabase;
  let front: Server;
  let port: number;

  beforeAll(async () => {
    if (!server) {
      throw new Error('PostgreSQL is skipped');
    }
    database = await createTestDatabase(server);
    const secureContext = createSecureContext({
      key: certificate.private,
      cert: certificate.cert,
    });
    // Speaks TLS in front of a server that does not.
    front = createServer(socket => {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.once('data', () => {
        socket.write('S');
        const secure = new TLSSocket(socket, { isServer: true, secureContext });
        const upstream = connect(server.port, server.host);
        sockets.add(upstream);
        for (const end of [secure, upstream]) {
          end.on('error', () => {});
        }
        secure.pipe(upstream).pipe(secure);
      });
    });
    port = await listen(front, '127.0.0.1');
  });

  afterAll(async () => {
    for (const socket of sockets) {
      socket.destroy();
    }
    front.close();
    await database.drop();
  });

  it.each([
    ['require', 'localhost', 'nothing', 'OPEN'],
    ['verify-ca', 'localhost', 'nothing', 'TLS_FAILED'],
    ['verify-ca', 'localhost', 'the authority', 'OPEN'],
    ['verify-ca', '127.0.0.1', 'the authority', 'OPEN'],
    ['verify-full', 'localhost', 'nothing', 'TLS_FAILED'],
    ['verify-full', 'localhost', 'the authority', 'OPEN'],
    ['verify-full', '127.0.0.1', 'the authority', 'TLS_FAILED'],
  ] as const)(
    '%s to %s, trusting %s: %s',
    async (mode, host, trusted, code) => {
      const ca = trusted === 'nothing' ? undefined : certificate.cert;
      expect(
        await codeOf({ ...database.connection, host, port, tls: { mode, ca } }),
      ).toBe(code);
    },
  );

  it('is refused in words where the server has none', async () => {
    expect(
      await codeOf({ ...database.connection, tls: { mode: 'require' } }),
    ).toBe('TLS_FAILED');
  });
});
