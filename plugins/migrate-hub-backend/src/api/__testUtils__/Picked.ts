import { Knex } from 'knex';

/** What a field of a request can refer to. */
export type Kind =
  | 'dbSet'
  | 'dbTarget'
  | 'migration'
  | 'project'
  | 'run'
  | 'runItem'
  | 'session'
  | 'user'
  | 'webhook';

const tables: Record<Kind, { table: string; column: string }> = {
  dbSet: { table: 'db_sets', column: 'id' },
  dbTarget: { table: 'db_targets', column: 'id' },
  migration: { table: 'migrations', column: 'id' },
  project: { table: 'projects', column: 'key' },
  run: { table: 'runs', column: 'id' },
  runItem: { table: 'run_items', column: 'id' },
  session: { table: 'sessions', column: 'id' },
  user: { table: 'users', column: 'id' },
  webhook: { table: 'webhooks', column: 'id' },
};

/** Where there is no row to pick. */
const NOBODY = '00000000-0000-4000-8000-000000000000';

/** One of the rows that are there when the request is sent. */
export class Picked {
  readonly kind: Kind;
  readonly index: number;

  constructor(kind: Kind, index: number) {
    this.kind = kind;
    this.index = index;
  }

  async find(knex: Knex): Promise<string> {
    const { table, column } = tables[this.kind];
    const rows = knex(table).orderBy('id');
    // The cast of the world stays what it is, or soon nobody could do anything.
    if (this.kind === 'user') rows.where('provider', '<>', 'local');
    const there: string[] = await rows.pluck(column);
    return there[this.index % there.length] ?? NOBODY;
  }
}

/** The revision, version or digest that the entity in the path has now. */
export class Current {
  readonly of: 'digest' | 'revision' | 'version';

  constructor(of: Current['of']) {
    this.of = of;
  }

  async find(knex: Knex, params: Record<string, unknown>): Promise<unknown> {
    const { id, key, name } = params;
    const text = String(id ?? key ?? name);
    if (this.of === 'digest') {
      const found = await knex('run_revisions')
        .whereRaw('run_id::text = ?', [text])
        .orderBy('revision', 'desc')
        .first('digest');
      return found?.digest ?? '0'.repeat(64);
    }
    const of = this.of;
    for (const table of [
      'projects',
      'db_sets',
      'db_targets',
      'users',
      'migrations',
      'webhooks',
    ]) {
      if (of === 'version' && table !== 'migrations') continue;
      const column = table === 'projects' ? 'key' : 'id';
      const found = await knex(table)
        .whereRaw('??::text = ?', [column, text])
        .first(of);
      if (found) return found[of];
    }
    const environment = await knex('environment_policies')
      .whereRaw('environment = ?', [text])
      .first('revision');
    if (name !== undefined) return environment?.revision ?? 0;
    const setting = await knex('settings').where({ key: 'auth' }).first();
    return setting?.revision ?? 0;
  }
}

/** The value with everything that refers to a row replaced by what is there now. */
export async function settle(
  knex: Knex,
  value: unknown,
  params: Record<string, unknown>,
): Promise<unknown> {
  if (value instanceof Picked) return value.find(knex);
  if (value instanceof Current) return value.find(knex, params);
  if (Array.isArray(value)) {
    return Promise.all(value.map(one => settle(knex, one, params)));
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(async ([name, one]) => [
    name,
    await settle(knex, one, params),
  ]);
  return Object.fromEntries(await Promise.all(entries));
}
