import { Run } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { TestServerName } from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { HubOptions, HubProcess } from './HubProcess';
import { Person } from './Person';
import { createTargetDatabase, TargetDatabase } from './targetDatabases';

type Environment = 'stg' | 'prd';
type RunKind = 'apply' | 'rollback';

/** A running hub and the people who use it. */
export class World {
  readonly hub: HubProcess;
  readonly user: Person;
  readonly manager: Person;
  readonly admin: Person;

  static async create(options: HubOptions = {}): Promise<World> {
    const hub = await HubProcess.start(options);
    try {
      const [user, manager, admin] = await Promise.all([
        Person.signIn(hub, 'user@example.com'),
        Person.signIn(hub, 'manager@example.com'),
        Person.signIn(hub, 'admin@example.com'),
      ]);
      return new World(hub, { user, manager, admin });
    } catch (error) {
      await hub.stop();
      throw error;
    }
  }

  private constructor(
    hub: HubProcess,
    people: { user: Person; manager: Person; admin: Person },
  ) {
    this.hub = hub;
    this.user = people.user;
    this.manager = people.manager;
    this.admin = people.admin;
  }

  approve(run: Pick<Run, 'id' | 'digest'>) {
    return this.manager.call('decideRun', {
      params: { id: run.id },
      body: { decision: 'approve', digest: run.digest },
    });
  }

  async executed(by: Person, run: { id: string }): Promise<Run> {
    await by.call('executeRun', { params: { id: run.id }, body: {} });
    return by.runEnded(run.id);
  }

  async stateOf(migration: string, environment: string): Promise<string> {
    const { states } = await this.user.call('getMigration', {
      params: { id: migration },
    });
    return states[environment];
  }
}

/** A project with `stg` (one target) and `prd` (two), each in a database of its own. */
export class Company {
  readonly world: World;
  readonly stg: TargetDatabase;
  readonly prd: TargetDatabase[];
  readonly sets: { stg: string; prd: string };
  readonly project: string;
  readonly targetIds: string[];

  static async create(world: World, engine: TestServerName): Promise<Company> {
    const { user } = world;
    const project = `auth-${engine}-${Date.now().toString(36)}`;
    await user.call('createProject', {
      body: { key: project, name: `Auth on ${engine}` },
    });
    const databases = await Promise.all(
      [1, 2, 3].map(() => createTargetDatabase(engine)),
    );
    const set = async (environment: Environment) =>
      user.call('createDbSet', {
        body: { project, environment, name: `auth_${environment}` },
      });
    const sets = { stg: (await set('stg')).id, prd: (await set('prd')).id };
    const targetIds: string[] = [];
    for (const [index, database] of databases.entries()) {
      const target = await user.call('createDbTarget', {
        body: {
          dbSetId: index === 0 ? sets.stg : sets.prd,
          name: `auth_${index}`,
          ...database.connection,
        },
      });
      if (!target.lastTest?.ok || !target.serverIdentity) {
        throw new Error(JSON.stringify(target.lastTest));
      }
      targetIds.push(target.id);
    }
    return new Company(world, { project, databases, sets, targetIds });
  }

  private constructor(
    world: World,
    options: {
      project: string;
      databases: TargetDatabase[];
      sets: { stg: string; prd: string };
      targetIds: string[];
    },
  ) {
    this.world = world;
    this.project = options.project;
    [this.stg, ...this.prd] = options.databases;
    this.sets = options.sets;
    this.targetIds = options.targetIds;
  }

  async drop(): Promise<void> {
    for (const database of [this.stg, ...this.prd]) await database.drop();
  }

  /** A new migration of the project by the user. */
  create(name: string, sqlUp: string, sqlDown?: string) {
    return this.world.user.call('createMigration', {
      body: {
        project: this.project,
        key: `${this.project}-${name}`,
        name,
        sqlUp,
        sqlDown,
      },
    });
  }

  request(
    migration: string,
    environment: Environment,
    type: RunKind = 'apply',
  ) {
    return this.world.user.call('requestRun', {
      params: { id: migration },
      body: { environment, dbSetIds: [this.sets[environment]], type },
    });
  }

  async approved(
    migration: string,
    environment: Environment,
    type: RunKind = 'apply',
  ): Promise<Run> {
    const run = await this.request(migration, environment, type);
    await this.world.approve(run);
    return run;
  }
}
