import {
  plantKey,
  plantSecret,
  plantSigningKey,
  secretWatch,
  testServer,
} from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { ChildProcess, spawn } from 'child_process';
import { randomBytes } from 'crypto';
import { mkdtemp, rm, writeFile } from 'fs/promises';
import { tmpdir } from 'os';
import { join, resolve } from 'path';
import { Client } from 'pg';
import { freePort } from './freePort';

const root = resolve(__dirname, '../../../../..');
const READY_MS = 120_000;
const PATIENCE_MS = 2_000;

const accounts = [
  { email: 'user@example.com', name: 'Uma User', role: 'user' },
  { email: 'manager@example.com', name: 'Max Manager', role: 'manager' },
  { email: 'second@example.com', name: 'Sue Second', role: 'manager' },
  { email: 'admin@example.com', name: 'Ada Admin', role: 'admin' },
  { email: 'chief@example.com', name: 'Cho Chief', role: 'admin' },
] as const;

/** E-mail addresses of the accounts that every hub under test has. */
export type Account = (typeof accounts)[number]['email'];

/** What replicas of one hub have in common. */
interface Installation {
  prefix: string;
  environment: Record<string, string>;
  passwords: Map<Account, string>;
}

function newInstallation(): Installation {
  return {
    prefix: `mh_acceptance_${randomBytes(4).toString('hex')}_`,
    environment: {
      MIGRATE_HUB_SECRET_KEY: plantKey().toString('base64'),
      MIGRATE_HUB_SIGNING_KEY: plantSigningKey(),
    },
    passwords: new Map(accounts.map(({ email }) => [email, plantSecret()])),
  };
}

export interface HubOptions {
  /** One more replica of this hub, on the same metadata databases with the same keys. */
  replicaOf?: HubProcess;
  /** Added to what stands under `migrateHub` in the config. */
  settings?: Record<string, unknown>;
  /** Of the log. Default: what Backstage has, `info`. */
  logLevel?: 'debug';
  /** Added to the environment of the process. */
  environment?: Record<string, string>;
  /** Added to `auth.providers`; told where the hub will be. */
  providers?: (baseUrl: string) => Record<string, unknown>;
}

/**
 * The real backend of this workspace as a process of its own, on metadata
 * databases of its own.
 */
export class HubProcess {
  /** Everything that it printed. */
  output = '';
  readonly baseUrl: string;
  readonly origin = 'http://localhost:3999';
  /** Resolves when the process is gone, however it went. */
  readonly ended: Promise<void>;
  readonly #installation: Installation;
  readonly #ownsDatabases: boolean;
  readonly #folder: string;
  readonly #process: ChildProcess;

  static async start(options: HubOptions = {}): Promise<HubProcess> {
    const server = testServer('postgres');
    if (!server) throw new Error('the hub needs PostgreSQL');
    const { replicaOf } = options;
    const installation = replicaOf
      ? replicaOf.#installation
      : newInstallation();
    const port = await freePort();
    const folder = await mkdtemp(join(tmpdir(), 'migrate-hub-'));
    // JSON is YAML. It stands after app-config.yaml and wins.
    const config = {
      app: { baseUrl: 'http://localhost:3999' },
      backend: {
        baseUrl: `http://127.0.0.1:${port}`,
        listen: { host: '127.0.0.1', port },
        cors: { origin: 'http://localhost:3999', credentials: true },
        database: { prefix: installation.prefix },
      },
      auth: {
        providers: {
          local: {},
          ...options.providers?.(`http://localhost:${port}`),
        },
      },
      migrateHub: {
        demo: {
          users: accounts.map(account => ({
            ...account,
            password: installation.passwords.get(account.email),
          })),
        },
        ...options.settings,
      },
    };
    const file = join(folder, 'app-config.test.json');
    await writeFile(file, JSON.stringify(config), { mode: 0o600 });
    const child = spawn(
      process.execPath,
      [
        '--require',
        require.resolve('@backstage/cli/config/nodeTransform.cjs'),
        join(root, 'packages/backend/src/index.ts'),
        '--config',
        join(root, 'app-config.yaml'),
        '--config',
        file,
      ],
      {
        cwd: join(root, 'packages/backend'),
        env: {
          ...process.env,
          NODE_ENV: 'development',
          NODE_OPTIONS: '--no-warnings',
          ...(options.logLevel && { LOG_LEVEL: options.logLevel }),
          POSTGRES_HOST: server.host,
          POSTGRES_PORT: String(server.port),
          POSTGRES_USER: server.username,
          POSTGRES_PASSWORD: server.password,
          ...installation.environment,
          ...options.environment,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const hub = new HubProcess({
      child,
      port,
      folder,
      installation,
      ownsDatabases: replicaOf === undefined,
    });
    try {
      await hub.#untilReady();
    } catch (error) {
      await hub.stop();
      throw error;
    }
    return hub;
  }

  private constructor(options: {
    child: ChildProcess;
    port: number;
    folder: string;
    installation: Installation;
    ownsDatabases: boolean;
  }) {
    const { child } = options;
    this.baseUrl = `http://127.0.0.1:${options.port}`;
    this.#process = child;
    this.#folder = options.folder;
    this.#installation = options.installation;
    this.#ownsDatabases = options.ownsDatabases;
    this.ended = new Promise(done => child.once('exit', () => done()));
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', chunk => {
        this.output += chunk;
      });
    }
  }

  password(account: Account): string {
    return this.#installation.passwords.get(account) ?? '';
  }

  /** A connection to the hub's own records, as somebody with the database password has it. */
  async records(): Promise<Client> {
    return this.#connect(`${this.#installation.prefix}migrate-hub`);
  }

  /** Looks for secrets in its log, its metrics and every table of it and its portal. */
  async lookForSecrets(): Promise<void> {
    // Those that are got are looked at as any answer.
    await fetch(`${this.baseUrl}/metrics`, {
      signal: AbortSignal.timeout(PATIENCE_MS),
    }).catch(() => undefined);
    secretWatch.look('the log of the hub', this.output);
    const databases = await this.#databases();
    await Promise.all(databases.map(name => this.#lookInto(name)));
  }

  get isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  signal(name: NodeJS.Signals): void {
    this.#process.kill(name);
  }

  /**
   * Ends it, and its databases with the first of its replicas.
   *
   * @throws Error if a secret stands in its log, its metrics or a table
   */
  async stop(): Promise<void> {
    if (this.#ownsDatabases && this.isRunning) await this.lookForSecrets();
    if (this.isRunning) {
      this.signal('SIGCONT');
      this.signal('SIGTERM');
      const timer = setTimeout(() => this.signal('SIGKILL'), 30_000);
      await this.ended;
      clearTimeout(timer);
    }
    await rm(this.#folder, { recursive: true, force: true });
    secretWatch.look('the log of the hub', this.output);
    if (this.#ownsDatabases) await this.#dropDatabases();
    secretWatch.assertNothingFound();
  }

  async #dropDatabases(): Promise<void> {
    const databases = await this.#databases();
    const admin = await this.#connect('postgres');
    for (const database of databases) {
      await admin.query(`drop database "${database}" with (force)`);
    }
    await admin.end();
  }

  async #lookInto(database: string): Promise<void> {
    const client = await this.#connect(database);
    await secretWatch.lookIntoTables(
      database.slice(this.#installation.prefix.length),
      async sql => (await client.query(sql)).rows,
    );
    await client.end();
  }

  async #databases(): Promise<string[]> {
    const admin = await this.#connect('postgres');
    const { rows } = await admin.query(
      'select datname from pg_database where starts_with(datname, $1)',
      [this.#installation.prefix],
    );
    await admin.end();
    return rows.map(({ datname }) => datname);
  }

  async #connect(database: string): Promise<Client> {
    const server = testServer('postgres');
    const client = new Client({
      host: server?.host,
      port: server?.port,
      user: server?.username,
      password: server?.password,
      database,
    });
    await client.connect();
    return client;
  }

  async #untilReady(): Promise<void> {
    const url = `${this.baseUrl}/.backstage/health/v1/readiness`;
    const deadline = Date.now() + READY_MS;
    for (;;) {
      if (!this.isRunning || Date.now() > deadline) {
        throw new Error(`the backend did not start:\n${this.output}`);
      }
      const ready = await fetch(url).then(
        response => response.ok,
        () => false,
      );
      if (ready) return;
      await new Promise(done => setTimeout(done, 100));
    }
  }
}
