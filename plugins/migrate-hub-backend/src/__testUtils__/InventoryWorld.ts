import { mockCredentials, mockServices } from '@backstage/backend-test-utils';
import { ConfigReader } from '@backstage/config';
import { PostgresDriver } from '@migrate-hub/backstage-plugin-migrate-hub-backend-module-postgres';
import {
  Role,
  dbTargetCreateSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { SecretStore } from '@migrate-hub/backstage-plugin-migrate-hub-node';
import {
  plantSecret,
  testServer,
} from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { randomBytes } from 'crypto';
import { Knex } from 'knex';
import { z } from 'zod';
import { HubServices } from '../api/services';
import { createHub, Hub } from '../createHub';
import { HubHealth } from '../observability/HubHealth';
import { CommandContext } from '../services/context';
import { RoleGrants } from '../services/RoleGrants';
import { Listener, listenerConnection } from '../store/Listener';
import { CapturingLogger } from './CapturingLogger';
import { testConfig, testSigner } from './testConfig';
import { createTestDatabase } from '../testing/testDatabase';

type TargetInput = z.output<typeof dbTargetCreateSchema>;

/** A hub on real servers, some people, and databases that can be targets. */
export class InventoryWorld {
  readonly knex: Knex;
  readonly services: HubServices;
  readonly logger: CapturingLogger;
  /** Somebody who creates; somebody else; their manager; an admin. */
  readonly users: Record<'uma' | 'otto' | 'mia' | 'ada', CommandContext>;
  readonly #drop: () => Promise<void>;
  readonly #replica: (config: object) => Hub;
  readonly #databases: string[] = [];
  #roleName: string | undefined;

  private constructor(options: {
    knex: Knex;
    drop: () => Promise<void>;
    services: HubServices;
    logger: CapturingLogger;
    users: InventoryWorld['users'];
    replica: (config: object) => Hub;
  }) {
    this.knex = options.knex;
    this.services = options.services;
    this.logger = options.logger;
    this.users = options.users;
    this.#drop = options.drop;
    this.#replica = options.replica;
  }

  static async create(
    config = testConfig(),
    modules: { secretStores?: SecretStore[] } = {},
  ): Promise<InventoryWorld> {
    const { knex, drop } = await createTestDatabase();
    const logger = new CapturingLogger();
    const replica = (settings: object) =>
      createHub({
        ...modules,
        knex,
        logger,
        config: new ConfigReader({ ...settings }),
        listener: Listener.create({
          connect: listenerConnection(knex),
          logger,
        }),
        drivers: new Map([['postgres', PostgresDriver.create()]]),
        userInfo: mockServices.userInfo(),
        health: HubHealth.create(),
      });
    const grants = RoleGrants.create(testSigner(config));
    const as = async (name: string, role: Role): Promise<CommandContext> => {
      const entityRef = `user:default/${name}`;
      const user = await knex.transaction(tx =>
        grants.insert(tx, {
          ...{ entityRef, name, role },
          kind: 'person',
          provider: 'local',
          email: `${name}@example.com`,
        }),
      );
      if (!user) throw new Error(`${name} is there already`);
      const credentials = mockCredentials.user(entityRef);
      return { caller: { user, credentials }, requestId: `${name}-asks` };
    };
    return new InventoryWorld({
      ...{ knex, drop, logger, replica },
      services: replica(config).services,
      users: {
        uma: await as('uma', 'user'),
        otto: await as('otto', 'user'),
        mia: await as('mia', 'manager'),
        ada: await as('ada', 'admin'),
      },
    });
  }

  /** Another replica of the hub, on the same records with another config. */
  replica(config: object): HubServices {
    return this.#replica(config).services;
  }

  /** The same with what is no service. */
  hub(config: object): Hub {
    return this.#replica(config);
  }

  /** A new, empty database on the test server. */
  async createDatabase(): Promise<string> {
    const name = `migrate_hub_target_${randomBytes(6).toString('hex')}`;
    await this.knex.raw('create database ??', [name]);
    this.#databases.push(name);
    return name;
  }

  /** A login of its own on the test server, with a password that nothing else contains. */
  async createLogin(): Promise<{ username: string; password: string }> {
    const username = `migrate_hub_role_${randomBytes(6).toString('hex')}`;
    const password = plantSecret();
    await this.knex.raw(
      `create role ?? superuser login password '${password}'`,
      [username],
    );
    this.#roleName = username;
    return { username, password };
  }

  /** What a form for that database would send. */
  input(
    dbSetId: string,
    change: Partial<TargetInput> & Pick<TargetInput, 'name' | 'database'>,
  ): TargetInput {
    const server = testServer('postgres');
    if (!server) throw new Error('the hub cannot be tested without PostgreSQL');
    const { host, port, username, password } = server;
    return {
      ...{ dbSetId, engine: 'postgres', host, port, username, password },
      ...change,
    };
  }

  async createDbSet(environment = 'stg'): Promise<string> {
    const { uma } = this.users;
    const { projects, dbSets } = this.services;
    const key = `p-${randomBytes(4).toString('hex')}`;
    await projects.create(uma, { key, name: key });
    const set = await dbSets.create(uma, {
      ...{ project: key, environment, name: `${key}_${environment}` },
    });
    return set.id;
  }

  /** The audit trail as one text, and as actions. */
  async audit(): Promise<{ actions: string[]; text: string }> {
    const events = await this.knex('audit_events').orderBy('id');
    return {
      actions: events.map(event => event.action),
      text: JSON.stringify(
        events.map(event => [event.payload, event.canonical.toString()]),
      ),
    };
  }

  async drop(): Promise<void> {
    for (const name of this.#databases) {
      await this.knex.raw('drop database ?? with (force)', [name]);
    }
    if (this.#roleName) await this.knex.raw('drop role ??', [this.#roleName]);
    await this.#drop();
  }
}
