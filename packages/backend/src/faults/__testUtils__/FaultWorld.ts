import {
  Run,
  TlsOptions,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import {
  testServer,
  TestServerName,
  waitUntil,
} from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { mkdtemp, rename, rm, writeFile } from 'fs/promises';
import { tmpdir } from 'os';
import { join } from 'path';
import { HubProcess } from '../../acceptance/__testUtils__/HubProcess';
import { Person } from '../../acceptance/__testUtils__/Person';
import { FaultTarget } from './FaultTarget';
import { Place, ScriptKind, scriptFor } from './scripts';
import { ServerAddress, withSession } from './sql';

const ENVIRONMENT = 'daily';
const LEASE_SECONDS = 2;

const engines: TestServerName[] = ['postgres', 'mariadb', 'mysql'];

/** The engines that are to be had here. */
export const enginesHere = engines.filter(name => testServer(name));

/** As fail points are written into the file that workers read. */
export interface FaultRule {
  at: Place['at'];
  action: 'exit' | 'stop' | 'throw' | 'delay';
  item?: string;
  index?: number;
}

/** A migration that is approved for some targets, all of one engine. */
export interface Approved {
  run: Run;
  key: string;
  kind: ScriptKind;
  targets: FaultTarget[];
}

/**
 * A hub of several processes: a desk that answers people and executes nothing,
 * and workers that are made to fail.
 */
export class FaultWorld {
  readonly desk: HubProcess;
  readonly user: Person;
  readonly manager: Person;
  readonly #folder: string;
  /** Some may still be starting. */
  readonly #workers = new Set<Promise<HubProcess>>();
  readonly #targets: FaultTarget[] = [];
  readonly #sets = new Map<string, Promise<{ project: string; id: string }>>();
  #migrations = 0;
  #rulesWritten = 0;

  static async create(): Promise<FaultWorld> {
    const folder = await mkdtemp(join(tmpdir(), 'migrate-hub-faults-'));
    const desk = await HubProcess.start({
      settings: settings({ enabled: false }),
    });
    try {
      const [user, manager] = await Promise.all([
        Person.signIn(desk, 'user@example.com'),
        Person.signIn(desk, 'manager@example.com'),
      ]);
      return new FaultWorld({ desk, folder, user, manager });
    } catch (error) {
      await desk.stop();
      throw error;
    }
  }

  private constructor(options: {
    desk: HubProcess;
    folder: string;
    user: Person;
    manager: Person;
  }) {
    this.desk = options.desk;
    this.user = options.user;
    this.manager = options.manager;
    this.#folder = options.folder;
  }

  get #rulesFile(): string {
    return join(this.#folder, 'faults.json');
  }

  /** One more process that executes. */
  async startWorker(
    options: {
      graceSeconds?: number;
      environment?: Record<string, string>;
    } = {},
  ): Promise<HubProcess> {
    const starting = HubProcess.start({
      replicaOf: this.desk,
      environment: options.environment,
      settings: settings({
        enabled: true,
        graceSeconds: options.graceSeconds ?? 10,
        failPoints: this.#rulesFile,
      }),
    });
    this.#workers.add(starting);
    const worker = await starting;
    void worker.ended.then(() => this.#workers.delete(starting));
    return worker;
  }

  /** Replaces what the workers are to fail at, in one instant. */
  async setFaults(rules: FaultRule[]): Promise<void> {
    this.#rulesWritten += 1;
    const next = `${this.#rulesFile}.${this.#rulesWritten}`;
    await writeFile(next, JSON.stringify(rules));
    await rename(next, this.#rulesFile);
  }

  /** New databases on that server, known to the hub. */
  async createTargets(
    engine: TestServerName,
    count: number,
    reached: {
      /** Of a proxy in front of the server. */
      port?: number;
      /** Another one than that of all tests. */
      server?: ServerAddress;
      /** Where the hub gets in otherwise than the administrator does. */
      connection?: { username?: string; password?: string; tls?: TlsOptions };
      /** What is to be done in each database before the hub hears of it. */
      prepare?: (target: FaultTarget) => Promise<unknown>;
    } = {},
  ): Promise<FaultTarget[]> {
    const server = reached.server ?? testServer(engine);
    if (!server) throw new Error(`there is no ${engine} here`);
    const set = await this.#setFor(engine);
    const create = async () => {
      const target = await FaultTarget.create(server);
      this.#targets.push(target);
      await reached.prepare?.(target);
      const saved = await this.user.call('createDbTarget', {
        body: {
          dbSetId: set.id,
          name: target.database,
          engine: target.isPostgres ? 'postgres' : 'mysql',
          host: server.host,
          port: reached.port ?? server.port,
          database: target.database,
          username: server.username,
          password: server.password,
          ...reached.connection,
        },
      });
      if (!saved.lastTest?.ok) throw new Error(JSON.stringify(saved.lastTest));
      target.id = saved.id;
      return target;
    };
    return Promise.all(Array.from({ length: count }, create));
  }

  /** A new migration, requested for these targets and approved. */
  async approved(
    targets: FaultTarget[],
    kind: ScriptKind,
    script?: (key: string) => string,
    down?: (key: string) => string,
  ): Promise<Approved> {
    const engine = targets[0].server.name;
    const set = await this.#setFor(engine);
    this.#migrations += 1;
    const key = `${set.project}-${this.#migrations}`;
    const migration = await this.user.call('createMigration', {
      body: {
        project: set.project,
        key,
        name: key,
        sqlUp: script?.(key) ?? scriptFor(engine, kind, key),
        sqlDown: down?.(key),
      },
    });
    return this.#approve({ key, kind, targets }, migration.id, 'apply');
  }

  /** The rollback of what was applied, requested and approved. */
  async approvedRollback({ run, ...what }: Approved): Promise<Approved> {
    return this.#approve(what, run.migration.id, 'rollback');
  }

  async #approve(
    what: Omit<Approved, 'run'>,
    migrationId: string,
    type: 'apply' | 'rollback',
  ): Promise<Approved> {
    const { targets } = what;
    const set = await this.#setFor(targets[0].server.name);
    const run = await this.user.call('requestRun', {
      params: { id: migrationId },
      body: {
        environment: ENVIRONMENT,
        dbSetIds: [set.id],
        targetIds: targets.map(({ id }) => id),
        type,
      },
    });
    await this.manager.call('decideRun', {
      params: { id: run.id },
      body: { decision: 'approve', digest: run.digest },
    });
    return { ...what, run };
  }

  async execute({ run }: Approved): Promise<void> {
    await this.user.call('executeRun', { params: { id: run.id }, body: {} });
  }

  /** Waits until every executor that lives has been heard of for so long, by the clock of the store. */
  async heartbeatsFor(ms: number): Promise<void> {
    const records = await this.desk.records();
    const {
      rows: [{ since }],
    } = await records.query('select clock_timestamp() as since');
    await waitUntil('the executors were heard of', async () => {
      const { rows } = await records.query(
        `select from executors
          where heartbeat_at > $1::timestamptz + $2 * interval '1 millisecond'
         having count(*) = (select count(*) from executors where heartbeat_at > $1)`,
        [since, ms],
      );
      return rows.length > 0;
    });
    await records.end();
  }

  /**
   * Ends every session of the hub with its own records and lets no new one in.
   *
   * @returns brings them back
   */
  async takeMetadataDown(): Promise<() => Promise<void>> {
    const server = testServer('postgres');
    const records = await this.desk.records();
    const { rows } = await records.query('select current_database() as name');
    await records.end();
    const admin = (sql: string) => {
      if (!server) throw new Error('there is no postgres here');
      return withSession(server, undefined, session => session.query(sql));
    };
    const { name } = rows[0];
    const allow = (isAllowed: string) =>
      admin(`alter database "${name}" with allow_connections ${isAllowed}`);
    await allow('false');
    await admin(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`,
    );
    return async () => {
      await allow('true');
    };
  }

  async stop(): Promise<void> {
    for (const starting of await Promise.allSettled(this.#workers)) {
      if (starting.status === 'fulfilled') starting.value.signal('SIGKILL');
    }
    await this.desk.stop();
    await Promise.all(this.#targets.map(target => target.drop()));
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Made once, also where several ask at the same time. */
  async #setFor(engine: string): Promise<{ project: string; id: string }> {
    const set = this.#sets.get(engine) ?? this.#createSet(engine);
    this.#sets.set(engine, set);
    return set;
  }

  async #createSet(engine: string): Promise<{ project: string; id: string }> {
    const project = `faults-${engine}`;
    await this.user.call('createProject', {
      body: { key: project, name: project },
    });
    const { id } = await this.user.call('createDbSet', {
      body: { project, environment: ENVIRONMENT, name: project },
    });
    return { project, id };
  }
}

function settings(executor: Record<string, unknown>) {
  return {
    environments: [
      {
        name: ENVIRONMENT,
        policy: { parallelism: 100, lockTimeoutSeconds: 30 },
      },
    ],
    executor: {
      parallelism: 100,
      leaseSeconds: LEASE_SECONDS,
      pollSeconds: 0.2,
      ...executor,
    },
  };
}
