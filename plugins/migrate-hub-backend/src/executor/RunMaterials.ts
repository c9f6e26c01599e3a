import {
  Binding,
  EnvironmentPolicy,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import {
  Direction,
  Plan,
  utf8Of,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { Knex } from 'knex';
import { RunRecord } from '../domain/types';
import { KnownRevisions, RevisionBasis } from '../services/KnownRevisions';
import { findMigration, readSqlText } from '../store/migrations';
import { readPlan } from '../store/plans';
import { findUsers } from '../store/users';
import { scriptMismatch } from './scripts';

/** What all items of a run have in common. */
export interface RunMaterial {
  migrationKey: string;
  direction: Direction;
  /** Of the bound version, for a rollback too. */
  checksumUp: string;
  checksumDown?: string;
  /** Who executed the run, as the history rows of the targets name it. */
  appliedBy: string;
  planHash: string;
  plan: Plan;
  bytes: Buffer;
  /** Set if plan and bytes are not what was approved: nothing may be sent. */
  mismatch?: string;
}

/** A run as an executor has it: where to connect at once, what to do there when it is loaded. */
export interface LoadedRun {
  policy: EnvironmentPolicy;
  targets: ReadonlyMap<string, Binding['targets'][number]>;
  /** Connecting to a target need not wait for a large script. */
  material: Promise<RunMaterial>;
}

const CACHE_BYTES = 64_000_000;

/** Rough size of a planned statement in memory. */
const STATEMENT_BYTES = 300;

/**
 * Loads and checks what a run executes, once for all its items on this
 * replica. Keeps the newest few, so that many targets do not mean reading the
 * same script as many times.
 */
export class RunMaterials {
  readonly #knex: Knex;
  readonly #revisions: KnownRevisions;
  /** By run, revision and executing person; the oldest first. */
  readonly #loaded = new Map<
    string,
    { run: Promise<LoadedRun>; bytes: number }
  >();

  private constructor(options: { knex: Knex; revisions: KnownRevisions }) {
    this.#knex = options.knex;
    this.#revisions = options.revisions;
  }

  static create(options: {
    knex: Knex;
    revisions: KnownRevisions;
  }): RunMaterials {
    return new RunMaterials(options);
  }

  async get(run: RunRecord): Promise<LoadedRun> {
    const key = `${run.id} ${run.revision} ${run.executedBy}`;
    const known = this.#loaded.get(key);
    if (known) {
      this.#loaded.delete(key);
      this.#loaded.set(key, known);
      return known.run;
    }
    const entry = { run: this.#load(run), bytes: 0 };
    this.#loaded.set(key, entry);
    // In the background: whoever needs the run awaits it, and sees it fail.
    entry.run
      .then(({ material }) => material)
      .then(({ bytes, plan }) => {
        entry.bytes = bytes.length + plan.statements.length * STATEMENT_BYTES;
        this.#evict();
      })
      .catch(() => this.#loaded.delete(key));
    return entry.run;
  }

  /** Forgets the oldest beyond the limit; whoever works with one keeps it alive. */
  #evict(): void {
    let total = 0;
    for (const { bytes } of this.#loaded.values()) total += bytes;
    for (const [key, { bytes }] of this.#loaded) {
      if (total <= CACHE_BYTES) return;
      this.#loaded.delete(key);
      total -= bytes;
    }
  }

  async #load(run: RunRecord): Promise<LoadedRun> {
    // The claim has read it a moment ago.
    const basis = await this.#revisions.get(this.#knex, run);
    if (!basis) {
      throw new Error(`revision ${run.revision} of run ${run.id} is gone`);
    }
    const { revision } = basis;
    return {
      policy: revision.policy,
      targets: new Map(
        revision.binding.targets.map(target => [target.id, target]),
      ),
      material: this.#loadMaterial(run, basis),
    };
  }

  async #loadMaterial(
    run: RunRecord,
    { revision, version }: RevisionBasis,
  ): Promise<RunMaterial> {
    const [migration, plan, sql, users] = await Promise.all([
      findMigration(this.#knex, run.migrationId),
      readPlan(this.#knex, revision.planHash),
      readSqlText(this.#knex, revision.checksum),
      findUsers(this.#knex, run.executedBy ? [run.executedBy] : []),
    ]);
    if (!migration) throw new Error(`run ${run.id} is incomplete`);
    const executor = run.executedBy ? users.get(run.executedBy) : undefined;
    const bytes = await utf8Of(sql);
    return {
      migrationKey: migration.key,
      direction: run.type === 'apply' ? 'up' : 'down',
      checksumUp: version.checksumUp,
      checksumDown: version.checksumDown,
      appliedBy: executor?.email ?? executor?.entityRef ?? 'migrate-hub',
      planHash: revision.planHash,
      plan,
      bytes,
      mismatch: await scriptMismatch({
        bytes,
        plan,
        checksum: revision.checksum,
      }),
    };
  }
}
