import { Client, QueryResult } from 'pg';
import { isIP, Socket } from 'net';
import {
  SilenceWatch,
  resolveAddresses,
  TargetConnection,
  TargetError,
  utf8Of,
  watchAnswer,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { mayReadPassword } from './address';
import { connectFailure } from './errors';
import { StatementQuery } from './StatementQuery';

export type Row = Record<string, unknown>;

/** Addresses of a host are tried in turn; only these errors lead to the next. */
const TRY_NEXT = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH']);

const CLOSE_MS = 2_000;

/** A machine that is gone is noticed soon after. */
const KEEP_ALIVE_MS = 10_000;

/** One connection to one server, never made again; remembers that it broke and why. */
export class Wire {
  readonly #client: Client;
  readonly #parameters = new Map<string, string>();
  #processId: number | undefined;
  #loss: Error | undefined;
  #closed = false;
  #silence: Pick<SilenceWatch, 'quietMs' | 'hasAnswered'>;

  private constructor(client: Client, options: { timeoutMs: number }) {
    this.#client = client;
    this.#silence = { quietMs: options.timeoutMs };
    // Without a listener an error of an idle connection ends the whole process.
    client.on('error', error => this.#lose(error));
    client.on('end', () => this.#lose(new Error('the server closed it')));
    client.connection.on(
      'parameterStatus',
      (message: { parameterName: string; parameterValue: string }) => {
        this.#parameters.set(message.parameterName, message.parameterValue);
      },
    );
    client.connection.on('backendKeyData', (message: { processID: number }) => {
      this.#processId = message.processID;
    });
  }

  /**
   * Resolves the host once and connects to one of its addresses. Throws {@link TargetError}.
   *
   * @param options - `timeoutMs`: also for every answer, unless {@link watchSilence} says otherwise
   */
  static async open(
    connection: TargetConnection,
    options: { tag: string; timeoutMs: number },
  ): Promise<Wire> {
    const deadline = Date.now() + options.timeoutMs;
    try {
      const addresses = await withDeadline(
        resolveAddresses(connection),
        options.timeoutMs,
      );
      let failure: unknown = new Error('timeout expired');
      for (const address of addresses) {
        const left = deadline - Date.now();
        if (left <= 0) {
          break;
        }
        try {
          return await Wire.#connect(connection, {
            address,
            tag: options.tag,
            timeoutMs: left,
          });
        } catch (error) {
          failure = error;
          const { code } = error as NodeJS.ErrnoException;
          if (code === undefined || !TRY_NEXT.has(code)) {
            break;
          }
        }
      }
      throw failure;
    } catch (error) {
      throw connectFailure(error, connection, options.timeoutMs);
    }
  }

  static async #connect(
    connection: TargetConnection,
    options: { address: string; tag: string; timeoutMs: number },
  ): Promise<Wire> {
    const { address, tag, timeoutMs } = options;
    let insecure = false;
    const client = new Client({
      host: address,
      port: connection.port,
      user: connection.username,
      database: connection.database,
      // A function: an empty text would make pg look for PGPASSWORD and ~/.pgpass.
      password: () => {
        if (insecure) {
          throw insecurePassword();
        }
        return connection.password;
      },
      ssl: tlsOptions(connection),
      application_name: tag.slice(0, 63),
      connectionTimeoutMillis: timeoutMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    });
    const allowed = mayReadPassword(connection.tls, address);
    // These run before pg's own listeners, which then ask for the password.
    const judge = () => {
      insecure = !allowed;
    };
    client.connection.on('authenticationCleartextPassword', judge);
    client.connection.on('authenticationMD5Password', judge);
    const wire = new Wire(client, { timeoutMs });
    try {
      await client.connect();
    } catch (error) {
      client.connection.stream.destroy();
      throw error;
    }
    return wire;
  }

  /** As the server's greeting named it; another than `pg_backend_pid()` behind a pooler. */
  get processId(): number | undefined {
    return this.#processId;
  }

  /** What the server reports by itself, e.g. `standard_conforming_strings`. */
  parameter(name: string): string | undefined {
    return this.#parameters.get(name);
  }

  /** Of the last answer: `I` idle, `T` in a transaction, `E` in a failed one. */
  get status(): 'I' | 'T' | 'E' | undefined {
    return this.#client.getTransactionStatus() ?? undefined;
  }

  get loss(): Error | undefined {
    return this.#loss;
  }

  onNotice(listener: (severity: string, message: string) => void): void {
    this.#client.on('notice', ({ severity, message }) =>
      listener(severity ?? 'NOTICE', message ?? ''),
    );
  }

  /** Sends statements of our own as one message; one result a statement. */
  async ask(sql: string): Promise<QueryResult<Row>[]> {
    this.#assertUsable();
    const answer: unknown = await this.#answered(this.#client.query(sql));
    return (Array.isArray(answer) ? answer : [answer]) as QueryResult<Row>[];
  }

  /**
   * Sends statements of a script, all of them before the first is answered.
   *
   * @param done - told the tag of each, e.g. `INSERT 0 5`, when the server is
   * through with it; outside a transaction its commit is still to come
   */
  async run(statements: string[], done: (tag: string) => void): Promise<void> {
    const bytes: Buffer[] = [];
    for (const sql of statements) bytes.push(await utf8Of(sql));
    this.#assertUsable();
    const answer = new Promise<void>((resolve, reject) => {
      this.#client.query(new StatementQuery(bytes, { done, resolve, reject }));
    });
    await this.#answered(answer);
  }

  /** From now on answers may take their time, as long as the server is at work on them. */
  watchSilence(
    silence: Required<Pick<SilenceWatch, 'quietMs' | 'hasAnswered'>>,
  ): void {
    this.#silence = silence;
  }

  /** Never throws; a statement that is still running is abandoned. */
  async close(): Promise<void> {
    if (this.#closed) {
      return;
    }
    this.#closed = true;
    if (this.#loss) {
      this.#client.connection.stream.destroy();
      return;
    }
    await withDeadline(this.#client.end(), CLOSE_MS).catch(() => {
      this.#client.connection.stream.destroy();
    });
  }

  async #answered<T>(answer: Promise<T>): Promise<T> {
    const { stream } = this.#client.connection;
    return watchAnswer(answer, {
      ...this.#silence,
      received: () => (stream instanceof Socket ? stream.bytesRead : 0),
      cut: () => {
        this.#lose(new Error('the line went silent'));
        stream.destroy();
      },
    });
  }

  #lose(error: Error): void {
    this.#loss ??= error;
  }

  #assertUsable(): void {
    if (this.#closed) {
      throw new Error('the session was closed');
    }
    if (this.#loss) {
      throw this.#loss;
    }
  }
}

function tlsOptions({ host, tls, clientCertificate }: TargetConnection) {
  if (tls.mode === 'disable') {
    return false;
  }
  return {
    ca: tls.ca,
    cert: clientCertificate?.certificate,
    key: clientCertificate?.key,
    rejectUnauthorized: tls.mode !== 'require',
    // We connect to an address; the certificate speaks of the name.
    ...(isIP(host) ? {} : { servername: host }),
    ...(tls.mode === 'verify-ca'
      ? { checkServerIdentity: () => undefined }
      : {}),
  };
}

function insecurePassword(): TargetError {
  return new TargetError({
    code: 'INSECURE_PASSWORD_REFUSED',
    message:
      'The server asks for the password readable or as MD5, and nothing proves who it is. Use TLS with verify-full or verify-ca, SCRAM on the server, or allow it for this target',
  });
}

async function withDeadline<T>(
  promise: Promise<T>,
  timeoutMs: number,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('timeout expired')), timeoutMs);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
