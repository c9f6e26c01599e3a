import { mockCredentials, mockServices } from '@backstage/backend-test-utils';
import { ConfigReader } from '@backstage/config';
import {
  AuditVerification,
  Role,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { createHub, Hub } from '../createHub';
import { HubHealth } from '../observability/HubHealth';
import { CommandContext } from '../services/context';
import { RoleGrants } from '../services/RoleGrants';
import { appendAuditEvent } from '../store/audit';
import { Listener, listenerConnection } from '../store/Listener';
import { createTestDatabase } from '../testing/testDatabase';
import { CapturingLogger } from './CapturingLogger';
import { testConfig, testSigner } from './testConfig';

const TABLES = ['audit_events', 'audit_links', 'audit_checkpoints'];

/** An audit trail, an admin who reads it, a user, and the owner of its tables. */
export class AuditWorld {
  readonly knex: Knex;
  readonly drop: () => Promise<void>;
  readonly config: ReturnType<typeof testConfig>;
  readonly ada: CommandContext;
  readonly uma: CommandContext;

  private constructor(
    options: Pick<AuditWorld, 'knex' | 'drop' | 'config' | 'ada' | 'uma'>,
  ) {
    this.knex = options.knex;
    this.drop = options.drop;
    this.config = options.config;
    this.ada = options.ada;
    this.uma = options.uma;
  }

  static async create(): Promise<AuditWorld> {
    const { knex, drop } = await createTestDatabase();
    const config = testConfig();
    const grants = RoleGrants.create(testSigner(config));
    const as = async (name: string, role: Role): Promise<CommandContext> => {
      const entityRef = `user:default/${name}`;
      const user = await knex.transaction(tx =>
        grants.insert(tx, {
          ...{ entityRef, name, role, kind: 'person', provider: 'local' },
          email: `${name}@example.com`,
        }),
      );
      if (!user) throw new Error(`${name} is there already`);
      return { caller: { user, credentials: mockCredentials.user(entityRef) } };
    };
    const ada = await as('ada', 'admin');
    return new AuditWorld({
      ...{ knex, drop, config, ada },
      uma: await as('uma', 'user'),
    });
  }

  /** A replica that has seen nothing yet. */
  startHub(keys: object[] = this.config.migrateHub.signing.keys): Hub {
    const { knex, config } = this;
    const logger = new CapturingLogger();
    return createHub({
      ...{ knex, logger },
      config: new ConfigReader({
        migrateHub: { ...config.migrateHub, signing: { keys } },
      }),
      listener: Listener.create({ connect: listenerConnection(knex), logger }),
      drivers: new Map(),
      userInfo: mockServices.userInfo(),
      health: HubHealth.create(),
    });
  }

  /** What only the owner of the tables can do, past the triggers. */
  async tamper(...statements: string[]): Promise<void> {
    await this.knex.transaction(async tx => {
      await tx.raw(`set local session_replication_role = replica`);
      for (const statement of statements) await tx.raw(statement);
    });
  }

  /** As if nothing had happened, and nobody had ever looked. */
  async clear(): Promise<void> {
    await this.tamper(
      'delete from audit_outbox',
      ...TABLES.map(table => `delete from ${table}`),
      `delete from settings where key = 'audit.verified'`,
    );
  }

  async addEvents(count: number): Promise<void> {
    const actors = [this.uma.caller.user.id, this.ada.caller.user.id];
    for (let i = 0; i < count; i += 1) {
      await this.knex.transaction(tx =>
        appendAuditEvent(tx, {
          actorId: actors[i % 2],
          action: i % 3 ? 'project.created' : 'login.succeeded',
          entityType: 'project',
          entityId: `p${i}`,
          payload: {
            i,
            ratio: 0.1 * i,
            text: '=1+1 "ü\u2028',
            absent: undefined,
          },
        }),
      );
    }
  }

  /** Twelve events in four batches, and a copy of them. */
  async begin(): Promise<void> {
    const hub = this.startHub();
    for (let batch = 0; batch < 4; batch += 1) {
      await this.addEvents(3);
      await hub.chainer.linkAll();
    }
    for (const table of TABLES) {
      await this.knex.raw(`create table kept_${table} as table ${table}`);
    }
  }

  /** As it was then. */
  async restore(): Promise<void> {
    await this.clear();
    await this.tamper(
      ...TABLES.map(table => `insert into ${table} table kept_${table}`),
    );
  }

  async verify(hub: Hub, query = {}): Promise<AuditVerification> {
    return hub.services.auditVerifier.verify(this.ada, query);
  }
}
