import { Run } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { randomBytes } from 'crypto';
import { ApiWorld } from './ApiWorld';

const random = () => randomBytes(5).toString('hex');

/** What there is to act on. Everything is the author's, and runs are the author's requests. */
export class Scene {
  readonly world: ApiWorld;
  readonly project: string;
  /** `spare` is a set of `stg` for targets that nothing is to run on. */
  readonly dbSets: { stg: string; prd: string; spare: string };
  readonly target: string;

  static async create(world: ApiWorld): Promise<Scene> {
    const project = `shop-${random()}`;
    await world.done('author', 'createProject', {
      body: { key: project, name: project },
    });
    const set = async (environment: string, name = environment) => {
      const body = { project, environment, name };
      return (await world.done('author', 'createDbSet', { body })).id;
    };
    const dbSets = {
      stg: await set('stg'),
      prd: await set('prd'),
      spare: await set('stg', 'spare'),
    };
    const target = await world.done('author', 'createDbTarget', {
      body: { dbSetId: dbSets.stg, name: 'main', ...world.connection },
    });
    // The same server again, which an admin has to vouch for.
    await world.done('admin', 'createDbTarget', {
      body: {
        ...{ dbSetId: dbSets.prd, name: 'main', ...world.connection },
        confirmDistinctServer: true,
      },
    });
    return new Scene(world, { project, dbSets, target: target.id });
  }

  private constructor(
    world: ApiWorld,
    there: { project: string; dbSets: Scene['dbSets']; target: string },
  ) {
    this.world = world;
    this.project = there.project;
    this.dbSets = there.dbSets;
    this.target = there.target;
  }

  /** A name that nothing has yet. */
  newName(): string {
    return `new-${random()}`;
  }

  async newMigration(): Promise<{ id: string; key: string }> {
    const key = `add-${random()}`;
    return this.world.done('author', 'createMigration', {
      body: { project: this.project, key, name: key, sqlUp: 'select 1;\n' },
    });
  }

  async newRun(environment: 'stg' | 'prd' = 'stg'): Promise<Run> {
    const { id } = await this.newMigration();
    return this.world.done('author', 'requestRun', {
      params: { id },
      body: { environment, dbSetIds: [this.dbSets[environment]] },
    });
  }

  async approvedRun(environment: 'stg' | 'prd' = 'stg'): Promise<Run> {
    const run = await this.newRun(environment);
    await this.world.done('approver', 'decideRun', {
      params: { id: run.id },
      body: { decision: 'approve', digest: run.digest },
    });
    return run;
  }

  async canceledRun(): Promise<Run> {
    const run = await this.newRun();
    await this.world.done('author', 'cancelRun', {
      params: { id: run.id },
      body: {},
    });
    return run;
  }

  /** A run as an executor leaves it behind when its only item has failed. */
  async failedRun(
    outcome: 'not_applied' | 'unknown',
    environment: 'stg' | 'prd' = 'stg',
  ): Promise<Run> {
    const run = await this.approvedRun(environment);
    await this.world.done('admin', 'executeRun', {
      params: { id: run.id },
      body: {},
    });
    const { knex } = this.world;
    await knex('run_items')
      .where({ run_id: run.id })
      .update({
        ...{ status: 'failed', outcome, claimable: false, attempt: 1 },
        open: outcome === 'unknown',
        error: { code: 'CONNECTION_LOST', message: 'The connection was lost.' },
        finished_at: knex.fn.now(),
      });
    await knex('runs')
      .where({ id: run.id })
      .update({ status: 'failed', finished_at: knex.fn.now() });
    return run;
  }

  /** An account that nobody uses. */
  async newUser(): Promise<{ id: string; revision: number }> {
    return this.world.done('admin', 'createUser', {
      body: { email: `${this.newName()}@example.com`, role: 'user' },
    });
  }
}
