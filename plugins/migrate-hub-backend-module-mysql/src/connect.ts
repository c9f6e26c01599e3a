import { isIP } from 'net';
import { Connection, createConnection, SslOptions } from 'mysql2';
import {
  TargetConnection,
  TargetError,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { Deadline, dial, unreachable } from './dial';
import { asDriverError, connectError } from './errors';
import {
  hasIdentity,
  INSECURE_PASSWORD,
  passwordRules,
  streamOf,
} from './passwords';
import { Wire } from './wire';

export interface Connected {
  wire: Wire;
  /** The session's number as the handshake gave it; a pooler has its own. */
  threadId: number;
}

/**
 * Off what mysql2 has on: files of this machine, statements in one message, and
 * what makes the server read or count in another way than the mysql client's.
 */
const FLAGS = [
  '-LOCAL_FILES',
  '-MULTI_STATEMENTS',
  '-IGNORE_SPACE',
  '-FOUND_ROWS',
  '-ODBC',
];

/** Opens one session: resolved once, TLS and password rules kept, nothing sent yet. */
export async function connect(
  target: TargetConnection,
  options: { timeoutMs: number; tag: string },
): Promise<Connected> {
  const deadline = new Deadline(options.timeoutMs);
  const dialled = await dial(target, deadline);
  const { host, tls } = target;
  const line = { host, tls, isLoopback: dialled.isLoopback };
  const connection = createConnection({
    host,
    port: target.port,
    stream: () => dialled.socket,
    user: target.username,
    password: target.password,
    database: target.database,
    ssl: sslOptions(target),
    charset: 'UTF8MB4_UNICODE_CI',
    multipleStatements: false,
    flags: FLAGS,
    connectTimeout: 0,
    connectAttributes: { program_name: options.tag },
    // Our own queries are formatted by us, a script's are sent as they are.
    queryFormat: (sql: string) => sql,
    ...passwordRules(line),
  });
  // Without a listener a late error would end the process.
  connection.on('error', () => undefined);
  try {
    await deadline.race(handshake(connection), () =>
      unreachable(`${host}:${target.port} took too long to answer`),
    );
    if (!hasIdentity(streamOf(connection), line)) {
      throw new TargetError({
        code: 'TLS_FAILED',
        message: `The certificate of the server is not for ${host}`,
      });
    }
  } catch (error) {
    connection.destroy();
    dialled.socket.destroy();
    throw explain(error, target);
  }
  const wire = new Wire(connection, dialled.socket, {
    timeoutMs: options.timeoutMs,
  });
  return { wire, threadId: connection.threadId };
}

async function handshake(connection: Connection): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    connection.once('connect', () => resolve());
    connection.once('error', reject);
  });
}

function sslOptions(target: TargetConnection): SslOptions | undefined {
  const { host, tls, clientCertificate } = target;
  const { mode, ca } = tls;
  if (mode === 'disable') {
    return undefined;
  }
  return {
    ca,
    cert: clientCertificate?.certificate,
    key: clientCertificate?.key,
    rejectUnauthorized: mode !== 'require',
    // mysql2 would compare an address with "localhost": see hasIdentity.
    verifyIdentity: mode === 'verify-full' && !isIP(host),
    minVersion: 'TLSv1.2',
  };
}

function explain(error: unknown, target: TargetConnection): TargetError {
  if (error instanceof TargetError) {
    return error;
  }
  const { host, port } = target;
  const found = asDriverError(error);
  if (
    found.code === INSECURE_PASSWORD ||
    found.code === 'MYSQL_CLEAR_PASSWORD_NOT_ENABLED'
  ) {
    return new TargetError({
      code: 'INSECURE_PASSWORD_REFUSED',
      message: `${host}:${port} asks for the password in a form that it can read, but TLS does not prove who it is. Use TLS mode verify-full, or verify-ca with the server's authority`,
    });
  }
  return connectError(found, target);
}
