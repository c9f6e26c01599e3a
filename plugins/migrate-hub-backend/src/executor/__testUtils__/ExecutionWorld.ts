import { CapturingLogger } from '../../__testUtils__/CapturingLogger';
import { ConfigReader } from '@backstage/config';
import { PostgresDriver } from '@migrate-hub/backstage-plugin-migrate-hub-backend-module-postgres';
import {
  EnvironmentPolicy,
  Role,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import {
  TcpProxy,
  testServer,
  waitUntil,
} from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import {
  TargetConnection,
  TargetSession,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { generateKeyPairSync, randomBytes } from 'crypto';
import knexFactory, { Knex } from 'knex';
import { SecretBox } from '../../crypto/SecretBox';
import { Signer } from '../../crypto/Signer';
import { Refusal } from '../../domain/refusal';
import { DbTargetRecord, RunItemRecord } from '../../domain/types';
import { Executor, ExecutorConfig } from '../Executor';
import { FailPoint } from '../failPoints';
import { EnvironmentPolicies } from '../../services/EnvironmentPolicies';
import { RoleGrants } from '../../services/RoleGrants';
import { KnownRevisions } from '../../services/KnownRevisions';
import { RunFactsReader } from '../../services/RunFacts';
import { RunItemsService } from '../../services/RunItemsService';
import { newId } from '../../store/Database';
import { findDbTargets } from '../../store/dbTargets';
import {
  CHANNELS,
  Listener,
  listenerConnection,
  notify,
} from '../../store/Listener';
import { limitQueries } from '../../store/queryLimits';
import { itemsOfRun, makeItemsClaimable } from '../../store/runItems';
import { updateRun } from '../../store/runs';
import { createTestDatabase } from '../../testing/testDatabase';
import { requestRun, Script } from './requestRun';

/** A target database and a connection to look into it. */
export interface TestTarget {
  record: DbTargetRecord;
  knex: Knex;
}

const DEFAULTS: ExecutorConfig = {
  parallelism: 4,
  leaseSeconds: 2,
  pollSeconds: 1,
  graceSeconds: 5,
};

/**
 * A hub with some targets, all real databases, and runs that are approved as
 * far as the executor can tell. For tests of what happens after `execute`.
 */
export class ExecutionWorld {
  readonly knex: Knex;
  userId = '';
  readonly targets: TestTarget[] = [];
  readonly driver = PostgresDriver.create();
  /** Of the executors. */
  readonly logger = new CapturingLogger();
  readonly environments: EnvironmentPolicies;
  /** Of the audit trail, as executors write it into the targets. */
  checkpoint: string | undefined;
  readonly facts: RunFactsReader;
  readonly #revisions = new KnownRevisions();
  readonly items: RunItemsService;
  /** What the gate says to the executor. */
  readonly blockers: Refusal[] = [];
  readonly finishedRuns: string[] = [];

  readonly #drop: () => Promise<void>;
  readonly #admin: Knex;
  readonly #projectId = newId();
  readonly #dbSetId = newId();
  readonly #secrets = SecretBox.create([{ id: '1', key: randomBytes(32) }]);
  readonly #policy: EnvironmentPolicy;
  readonly #signer: Signer;
  readonly #grants: RoleGrants;
  #approverId = '';
  #proxy: TcpProxy | undefined;
  readonly #stops: (() => Promise<void>)[] = [];

  private constructor(
    knex: Knex,
    drop: () => Promise<void>,
    policy: Partial<EnvironmentPolicy>,
  ) {
    this.knex = knex;
    this.#drop = drop;
    this.#admin = connectTo('postgres');
    const { privateKey } = generateKeyPairSync('ed25519');
    this.#signer = Signer.create([{ id: '1', key: privateKey }]);
    const environments = EnvironmentPolicies.create({
      config: new ConfigReader({}),
      signer: this.#signer,
    });
    this.environments = environments;
    this.#policy = { ...environments.configured('daily').policy, ...policy };
    this.#grants = RoleGrants.create(this.#signer);
    this.facts = RunFactsReader.create({
      environments,
      signer: this.#signer,
      revisions: this.#revisions,
    });
    this.items = RunItemsService.create({ knex, facts: this.facts });
  }

  /** @param options - `proxied`: the way to the targets can be broken, see {@link ExecutionWorld.proxy} */
  static async create(
    options: {
      targets?: number;
      policy?: Partial<EnvironmentPolicy>;
      proxied?: true;
    } = {},
  ): Promise<ExecutionWorld> {
    const { knex, drop } = await createTestDatabase();
    const world = new ExecutionWorld(knex, drop, options.policy ?? {});
    if (options.proxied) world.#proxy = await TcpProxy.create(server());
    await world.#seed(options.targets ?? 1);
    return world;
  }

  get proxy(): TcpProxy {
    if (!this.#proxy) throw new Error('this world has no proxy');
    return this.#proxy;
  }

  /** A session to a target as somebody else than the executor has it. */
  async connect(target: TestTarget): Promise<TargetSession> {
    return this.driver.connect(this.connectionOf(target.record), {
      tag: 'somebody else',
      lockTimeoutMs: 1_000,
      statementTimeoutMs: 0,
      connectTimeoutMs: 5_000,
    });
  }

  connectionOf(record: DbTargetRecord): TargetConnection {
    return {
      ...record,
      password: this.#secrets.open(record.secret, record),
      clientCertificate: undefined,
    };
  }

  /** Stops every executor, closes and drops everything. */
  async drop(): Promise<void> {
    for (const stop of this.#stops.splice(0)) await stop();
    for (const { record, knex } of this.targets) {
      await knex.destroy();
      await this.#admin.raw('drop database if exists ?? with (force)', [
        record.database,
      ]);
    }
    await this.#proxy?.close();
    await this.#admin.destroy();
    await this.#drop();
  }

  /** A migration and a run of it on all targets, in status `approved`. */
  async request(
    options: Script & {
      /** Of every target, where the approval was given for another server. */
      serverIdentity?: string;
    },
  ): Promise<string> {
    return requestRun(this.knex, {
      ...options,
      driver: this.driver,
      policy: this.#policy,
      projectId: this.#projectId,
      dbSetId: this.#dbSetId,
      userId: this.userId,
      signer: this.#signer,
      approverId: this.#approverId,
      targets: this.targets.map(({ record }) => ({
        ...record,
        serverIdentity: options.serverIdentity ?? record.serverIdentity,
      })),
    });
  }

  /** As `POST /runs/:id/execute` does it once the gate has said yes. */
  async execute(runId: string): Promise<void> {
    await this.knex.transaction(async tx => {
      await makeItemsClaimable(tx, runId);
      await updateRun(tx, runId, {
        status: 'queued',
        executedBy: this.userId,
        queued: true,
      });
      await notify(tx, CHANNELS.work);
    });
  }

  /**
   * A replica's executor, started.
   *
   * @param options - `storeProxy`: its way to the metadata store, where it gives
   * up what is silent for a second
   */
  async startExecutor(
    options: {
      config?: Partial<ExecutorConfig>;
      failPoint?: FailPoint;
      storeProxy?: TcpProxy;
    } = {},
  ): Promise<{ executor: Executor; knex: Knex; stop: () => Promise<void> }> {
    const { logger } = this;
    const database = await databaseOf(this.knex);
    const port = options.storeProxy?.port;
    const own = port ? impatiently(connectTo(database, port)) : undefined;
    const knex = own ?? this.knex;
    const listener = Listener.create({
      connect: listenerConnection(knex),
      logger,
    });
    await listener.start();
    const heartbeatKnex = impatiently(connectTo(database, port));
    const executor = Executor.create({
      knex,
      heartbeatKnex,
      listener,
      items: RunItemsService.create({ knex, facts: this.facts }),
      revisions: this.#revisions,
      drivers: new Map([['postgres', this.driver]]),
      secrets: {
        open: async target => ({
          password: this.#secrets.open(target.secret, target),
        }),
      },
      gate: {
        claimBlockers: async (_knex, { runId, targetIds }) => ({
          blockers: targetIds.map(() => this.blockers),
          canceled: Boolean(
            (await this.knex('runs').where({ id: runId }).first())
              ?.cancel_requested_at,
          ),
        }),
      },
      logger,
      config: { ...DEFAULTS, ...options.config },
      metrics: {
        runStarted: () => undefined,
        runFinished: run => this.finishedRuns.push(run.status),
        itemFinished: () => undefined,
        leaseLost: () => undefined,
      },
      checkpoint: () => this.checkpoint,
      failPoint: options.failPoint,
    });
    executor.start();
    let stopped: Promise<void> | undefined;
    const stop = () => {
      stopped ??= executor
        .stop()
        .then(() => listener.stop())
        .then(() => heartbeatKnex.destroy())
        .then(() => own?.destroy());
      return stopped;
    };
    this.#stops.push(stop);
    return { executor, knex, stop };
  }

  /** Takes the hub's own database away from everybody, and gives it back. */
  async withoutHub(meanwhile: () => Promise<unknown>): Promise<void> {
    const name = await databaseOf(this.knex);
    const allow = (allowed: boolean) =>
      this.#admin.raw(`alter database ?? allow_connections ${allowed}`, [name]);
    await allow(false);
    await this.#admin.raw(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = ?',
      [name],
    );
    await meanwhile();
    await allow(true);
  }

  async itemsOf(runId: string): Promise<RunItemRecord[]> {
    return itemsOfRun(this.knex, runId);
  }

  async statusOf(runId: string): Promise<string> {
    const row = await this.knex('runs').where({ id: runId }).first('status');
    return row.status;
  }

  /** Resolves with its status when the run has ended. */
  async ended(runId: string): Promise<string> {
    const ends = ['executed', 'failed', 'canceled'];
    await waitUntil('the run has ended', async () =>
      ends.includes(await this.statusOf(runId)),
    );
    return this.statusOf(runId);
  }

  async auditActions(runId: string): Promise<string[]> {
    return this.knex('audit_events')
      .where({ run_id: runId })
      .orderBy('id')
      .pluck('action');
  }

  async logOf(
    runId: string,
  ): Promise<{ seq: number; message: string; level: string }[]> {
    const chunks = await this.knex('run_logs')
      .where({ run_id: runId })
      .orderBy('last_seq')
      .pluck('lines');
    return chunks.flat();
  }

  async #seed(targets: number): Promise<void> {
    const { knex } = this;
    const userId = await this.#addManager('jane');
    this.userId = userId;
    this.#approverId = await this.#addManager('ann');
    await knex('projects').insert({
      id: this.#projectId,
      key: 'shop',
      name: 'Shop',
      created_by: userId,
    });
    await knex('db_sets').insert({
      id: this.#dbSetId,
      project_id: this.#projectId,
      environment: 'daily',
      name: 'shops',
      created_by: userId,
    });
    for (let index = 0; index < targets; index += 1) {
      await this.#addTarget(index);
    }
  }

  /** Gives the requester another role. */
  async giveRole(role: Role): Promise<void> {
    await this.knex.transaction(tx =>
      this.#grants.update(tx, this.userId, { role: { to: role } }),
    );
  }

  /** Whose role counts: it is signed, as the hub does it. */
  async #addManager(name: string): Promise<string> {
    const user = await this.knex.transaction(tx =>
      this.#grants.insert(tx, {
        entityRef: `user:default/${name}`,
        kind: 'person',
        provider: 'local',
        email: `${name}@example.com`,
        name,
        role: 'manager',
      }),
    );
    if (!user) throw new Error(`${name} is there already`);
    return user.id;
  }

  async #addTarget(index: number): Promise<void> {
    const { username, password } = server();
    const { host, port } = this.#proxy
      ? { host: '127.0.0.1', port: this.#proxy.port }
      : server();
    const database = `mh_target_${randomBytes(6).toString('hex')}`;
    await this.#admin.raw('create database ??', [database]);
    const id = newId();
    const tls = { mode: 'disable' as const };
    const address = { id, engine: 'postgres' as const, host, port, username };
    const test = await this.driver.test(
      {
        host,
        port,
        database,
        username,
        password,
        tls,
        historyTable: 'migrations',
      },
      { timeoutMs: 10_000 },
    );
    await this.knex('db_targets').insert({
      id,
      db_set_id: this.#dbSetId,
      name: `shop-${index + 1}`,
      engine: 'postgres',
      host,
      port,
      database,
      username,
      secret: this.#secrets.seal(password, { ...address, tls }),
      tls: JSON.stringify(tls),
      history_table: 'migrations',
      server_identity: test.identity?.id,
      created_by: this.userId,
    });
    const [record] = await findDbTargets(this.knex, { ids: [id] });
    this.targets.push({ record, knex: connectTo(database) });
  }
}

function server() {
  const found = testServer('postgres');
  if (!found) throw new Error('the hub cannot be tested without PostgreSQL');
  return found;
}

function connectTo(database: string, port = server().port): Knex {
  const { host, username: user, password } = server();
  return knexFactory({
    client: 'pg',
    connection: { host, port, user, password, database },
    pool: { min: 0, max: 2 },
  });
}

function impatiently(knex: Knex): Knex {
  limitQueries(knex, { timeoutMs: 500, graceMs: 500 });
  return knex;
}

async function databaseOf(knex: Knex): Promise<string> {
  const found = await knex.raw('select current_database() as name');
  return found.rows[0].name;
}
