import { TestServerName } from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { ChildProcess, spawn } from 'child_process';
import { resolve } from 'path';
import { createInterface, Interface } from 'readline';
import { ServerAddress } from './sql';

const script = resolve(__dirname, '../../../../../scripts/privateServer.mjs');

type Answer = { url?: string; tls?: TlsFiles; error?: string };

/** PEM: who signed the server's certificate, and one of a client that it signed too. */
interface TlsFiles {
  ca: string;
  certificate: string;
  key: string;
}

interface Options {
  /** Its data lies on a file system of that size; needs root. */
  megabytes?: number;
  /** Answers in TLS too, and knows certificates of clients. */
  tls?: true;
}

/** A database server of a test's own, which it may kill, fill and start again. */
export class PrivateServer {
  readonly engine: TestServerName;
  readonly #process: ChildProcess;
  readonly #lines: Interface;
  readonly #ended: Promise<void>;
  #address: ServerAddress | undefined;
  #tls: TlsFiles | undefined;

  static async start(
    engine: TestServerName,
    options: Options = {},
  ): Promise<PrivateServer> {
    const server = new PrivateServer(engine, options);
    try {
      await server.start();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  private constructor(engine: TestServerName, { megabytes, tls }: Options) {
    this.engine = engine;
    const flags = [
      ...(megabytes === undefined ? [] : ['--megabytes', String(megabytes)]),
      ...(tls ? ['--tls'] : []),
    ];
    this.#process = spawn(process.execPath, [script, engine, ...flags], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const { stdout } = this.#process;
    if (!stdout) throw new Error('the server cannot be listened to');
    this.#lines = createInterface({ input: stdout });
    this.#ended = new Promise(done => this.#process.once('exit', () => done()));
  }

  get address(): ServerAddress {
    if (!this.#address) throw new Error('the server was not started');
    return this.#address;
  }

  get tls(): TlsFiles {
    if (!this.#tls) throw new Error('the server was started without TLS');
    return this.#tls;
  }

  async start(): Promise<void> {
    const { url, tls } = await this.#command('start');
    this.#tls = tls;
    const { hostname, port, username, password } = new URL(url ?? '');
    this.#address = {
      name: this.engine,
      host: hostname,
      port: Number(port),
      username,
      password,
    };
  }

  /** Sends it a signal and waits until it is gone. */
  async end(signal: NodeJS.Signals): Promise<void> {
    await this.#command(`end ${signal}`);
  }

  /**
   * Copies the data of PostgreSQL while it is ended; called again, the copy is
   * a standby in its place.
   */
  async standby(): Promise<void> {
    await this.#command('standby');
  }

  async promote(): Promise<void> {
    await this.#command('promote');
  }

  async stop(): Promise<void> {
    this.#process.stdin?.end();
    await this.#ended;
  }

  async #command(command: string): Promise<Answer> {
    const answer = new Promise<Answer>((done, fail) => {
      this.#lines.once('line', line => done(JSON.parse(line)));
      void this.#ended.then(() => fail(new Error('the server script is gone')));
    });
    this.#process.stdin?.write(`${command}\n`);
    const found = await answer;
    if (found.error) throw new Error(`${command}: ${found.error}`);
    return found;
  }
}
