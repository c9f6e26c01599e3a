import { permissionsServiceFactory } from '@backstage/backend-defaults/permissions';
import {
  coreServices,
  createBackendModule,
  createServiceFactory,
} from '@backstage/backend-plugin-api';
import {
  mockCredentials,
  mockServices,
  startTestBackend,
  TestBackend,
} from '@backstage/backend-test-utils';
import permissionPlugin from '@backstage/plugin-permission-backend';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { policyExtensionPoint } from '@backstage/plugin-permission-node/alpha';
import postgresModule from '@migrate-hub/backstage-plugin-migrate-hub-backend-module-postgres';
import {
  MigrateHubClient,
  RouteInput,
  RouteName,
  RouteOutput,
  routes,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { testServer } from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { randomBytes } from 'crypto';
import { Knex } from 'knex';
import migrateHub from '../..';
import { CapturingLogger } from '../../__testUtils__/CapturingLogger';
import { testConfig, testSigner } from '../../__testUtils__/testConfig';
import { RoleGrants } from '../../services/RoleGrants';
import { createTestDatabase } from '../../testing/testDatabase';

/** Whoever can call, as the authorisation table has them; `author`, `approver` and `chief` set the scene. */
const people = {
  author: 'user',
  user: 'user',
  manager: 'manager',
  approver: 'manager',
  admin: 'admin',
  chief: 'admin',
  disabled: 'admin',
} as const;
export type CallerName =
  | keyof typeof people
  | 'anonymous'
  | 'service'
  | 'plugin';

const refOf = (name: keyof typeof people) => `user:default/${name}`;

/** What was answered: `code` of a refusal. */
export interface Answer {
  status: number;
  code?: string;
  body: unknown;
}

/**
 * The backend plugin with Backstage's own permission framework, a policy that
 * can deny, a database to migrate, and one of each kind of caller.
 */
export class ApiWorld {
  /** Names of the permissions that the policy of this company denies to everybody. */
  readonly denied: Set<string>;
  readonly knex: Knex;
  readonly logger: CapturingLogger;
  /** A target database that nothing else uses. */
  readonly database: string;
  readonly #backend: TestBackend;
  readonly #drop: () => Promise<void>;

  static async create(): Promise<ApiWorld> {
    const { knex, drop } = await createTestDatabase();
    const logger = new CapturingLogger();
    const denied = new Set<string>();
    const config = testConfig();
    const backend = await startTestBackend({
      features: [
        migrateHub,
        postgresModule,
        permissionPlugin,
        policyModule(denied),
        permissionsServiceFactory,
        mockServices.rootConfig.factory({
          data: {
            permission: { enabled: true },
            auth: { providers: { local: {} } },
            migrateHub: {
              ...config.migrateHub,
              // What has to run in stg first is another matter than who may.
              environments: [
                { name: 'daily' },
                { name: 'stg' },
                { name: 'prd', policy: { requireSuccessIn: '' } },
              ],
            },
          },
        }),
        createServiceFactory({
          service: coreServices.rootLogger,
          deps: {},
          factory: () => logger,
        }),
        createServiceFactory({
          service: coreServices.database,
          deps: {},
          factory: () => ({ getClient: async () => knex }),
        }),
      ],
    });
    const grants = RoleGrants.create(testSigner(config));
    for (const [name, role] of Object.entries(people)) {
      await knex.transaction(tx =>
        grants.insert(tx, {
          entityRef: `user:default/${name}`,
          kind: 'person',
          provider: 'local',
          email: `${name}@example.com`,
          name,
          role,
        }),
      );
    }
    await knex('users')
      .where({ entity_ref: refOf('disabled') })
      .update({ disabled_at: knex.fn.now() });
    const database = `migrate_hub_target_${randomBytes(6).toString('hex')}`;
    await knex.raw('create database ??', [database]);
    return new ApiWorld({ knex, drop, logger, denied, backend, database });
  }

  private constructor(options: {
    knex: Knex;
    drop: () => Promise<void>;
    logger: CapturingLogger;
    denied: Set<string>;
    backend: TestBackend;
    database: string;
  }) {
    this.knex = options.knex;
    this.logger = options.logger;
    this.denied = options.denied;
    this.database = options.database;
    this.#backend = options.backend;
    this.#drop = options.drop;
  }

  get url(): string {
    return `http://localhost:${this.#backend.server.port()}/api/migrate-hub`;
  }

  /** What a form for the target database would send. */
  get connection() {
    const server = testServer('postgres');
    if (!server) throw new Error('the hub cannot be tested without PostgreSQL');
    const { host, port, username, password } = server;
    const engine: 'postgres' = 'postgres';
    return { engine, host, port, username, password, database: this.database };
  }

  async call<K extends RouteName>(
    name: CallerName,
    route: K,
    input: RouteInput<K>,
  ): Promise<Answer> {
    const client = new MigrateHubClient({
      baseUrl: async () => this.url,
      fetch: (url, init) => this.send(name, String(url), init),
    });
    return answerOf(await client.fetch(route, input));
  }

  /** Any request at all below the plugin, as that caller. */
  async send(
    name: CallerName,
    url: string,
    init: RequestInit = {},
  ): Promise<Response> {
    return fetch(url, {
      ...init,
      headers: { ...init.headers, Authorization: headerOf(name) },
    });
  }

  /** What sets the scene must succeed. */
  async done<K extends RouteName>(
    name: CallerName,
    route: K,
    input: RouteInput<K>,
  ): Promise<RouteOutput<K>> {
    const { status, body } = await this.call(name, route, input);
    if (status !== routes[route].status) {
      throw new Error(`${route}: ${status} ${JSON.stringify(body)}`);
    }
    return body as RouteOutput<K>;
  }

  /** Id of the user row. */
  async idOf(name: keyof typeof people): Promise<string> {
    const row = await this.knex('users')
      .where({ entity_ref: refOf(name) })
      .first('id');
    return row.id;
  }

  /** A new sign-in, as the auth plugin opens it; the id of the session. */
  async openSession(name: string): Promise<string> {
    const response = await fetch(`${this.url}/internal/sessions/google`, {
      method: 'POST',
      headers: {
        Authorization: mockCredentials.service.header({
          onBehalfOf: mockCredentials.service('plugin:auth'),
          targetPluginId: 'migrate-hub',
        }),
        'Content-Type': 'application/json',
      },
      body: JSON.stringify({
        issuer: 'https://accounts.example.com',
        sub: name,
        email: `${name}@example.com`,
      }),
    });
    const { sid } = await response.json();
    return sid;
  }

  async drop(): Promise<void> {
    await this.#backend.stop();
    await this.knex.raw('drop database ?? with (force)', [this.database]);
    await this.#drop();
  }
}

/** Reads an answer to its end. */
export async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = response.headers
    .get('content-type')
    ?.startsWith('application/json');
  const body: unknown = isJson ? JSON.parse(text) : text;
  return {
    status: response.status,
    code: response.ok ? undefined : Object(body).error?.code,
    body,
  };
}

function headerOf(name: CallerName): string {
  switch (name) {
    case 'anonymous':
      return mockCredentials.none.header();
    case 'service':
      return mockCredentials.service.header();
    case 'plugin': {
      // An admin, but through the scaffolder.
      const actor = { subject: 'plugin:scaffolder' };
      const token = mockCredentials.user.token(refOf('admin'), { actor });
      return `Bearer ${token}`;
    }
    default:
      return mockCredentials.user.header(refOf(name));
  }
}

function policyModule(denied: ReadonlySet<string>) {
  return createBackendModule({
    pluginId: 'permission',
    moduleId: 'company-policy',
    register(reg) {
      reg.registerInit({
        deps: { policy: policyExtensionPoint },
        async init({ policy }) {
          policy.setPolicy({
            handle: async ({ permission }) => ({
              result: denied.has(permission.name)
                ? AuthorizeResult.DENY
                : AuthorizeResult.ALLOW,
            }),
          });
        },
      });
    },
  });
}
