import {
  dbSetSchema,
  dbTargetSchema,
  projectSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { InventoryWorld } from '../__testUtils__/InventoryWorld';

describe('the inventory', () => {
  let world: InventoryWorld;

  beforeEach(async () => {
    world = await InventoryWorld.create();
  });
  afterEach(() => world.drop());

  const refused = (code: string, message?: RegExp) =>
    expect.objectContaining({
      code,
      ...(message && { message: expect.stringMatching(message) }),
    });

  it('takes a password and never gives it away', async () => {
    const { dbTargets } = world.services;
    const { uma } = world.users;
    const { username, password } = await world.createLogin();
    const database = await world.createDatabase();
    const dbSetId = await world.createDbSet();
    const target = await dbTargets.create(
      uma,
      world.input(dbSetId, { name: 'main', database, username, password }),
    );

    dbTargetSchema.parse(target);
    expect(target).toMatchObject({
      hasPassword: true,
      tls: { mode: 'disable' },
      historyTable: 'migrations',
      serverIdentity: expect.stringContaining(database),
      lastTest: { ok: true },
    });
    const tested = await dbTargets.test(uma, target.id);
    expect(tested).toMatchObject({
      ok: true,
      serverVersion: expect.stringMatching(/^PostgreSQL 18/),
    });
    const wrong = await dbTargets.testUnsaved(uma, {
      ...world.input(dbSetId, { name: '', database, username }),
      password: `${password}-wrong`,
    });
    expect(wrong.ok).toBe(false);
    expect(wrong.checks.filter(check => !check.ok)).toMatchObject([
      { name: 'authentication' },
    ]);
    await dbTargets.update(uma, target.id, {
      expectedRevision: target.revision,
      password,
    });

    const everything = JSON.stringify([
      await dbTargets.list(uma, { limit: 50 }),
      ...[target, tested, wrong],
      await world.knex('db_targets'),
      (await world.audit()).text,
      world.logger.lines,
    ]);
    expect(everything).not.toContain(password);
    expect((await world.audit()).actions).toEqual([
      'project.created',
      'db_set.created',
      'db_target.created',
      'db_target.tested',
      'db_target.tested',
      'db_target.updated',
    ]);
  });

  it('saves a target that cannot be reached, and knows nobody there', async () => {
    const { dbTargets, dbSets } = world.services;
    const { uma } = world.users;
    const dbSetId = await world.createDbSet();
    const target = await dbTargets.create(
      uma,
      world.input(dbSetId, { name: 'main', database: 'no_such_database' }),
    );
    expect(target.serverIdentity).toBeUndefined();
    expect(target.lastTest).toMatchObject({ ok: false });
    expect(await dbSets.get(uma, dbSetId)).toMatchObject({
      targetCounts: { total: 1, enabled: 1, failing: 1 },
      engines: ['postgres'],
    });

    const database = await world.createDatabase();
    const mended = await dbTargets.update(uma, target.id, {
      expectedRevision: target.revision,
      database,
    });
    expect(mended.serverIdentity).toContain(database);
    expect(mended.lastTest).toMatchObject({ ok: true });
  });

  it('has one entry for one database, by whatever name it is called', async () => {
    const { dbTargets } = world.services;
    const { uma, mia, ada } = world.users;
    const database = await world.createDatabase();
    const stg = await world.createDbSet('stg');
    const daily = await world.createDbSet('daily');
    const first = await dbTargets.create(
      uma,
      world.input(stg, { name: 'main', database }),
    );
    const alias = world.input(daily, {
      ...{ name: 'alias', database, host: 'localhost' },
    });
    await expect(dbTargets.create(uma, alias)).rejects.toEqual(
      refused('DUPLICATE_SERVER', /'main' of DB set .* stg/),
    );
    const confirmed = { ...alias, confirmDistinctServer: true };
    await expect(dbTargets.create(mia, confirmed)).rejects.toEqual(
      refused('ROLE_REQUIRED', /Only admins/),
    );
    const copy = await dbTargets.create(ada, confirmed);
    expect(copy.serverIdentity).toBe(first.serverIdentity);
    expect((await world.audit()).text).toContain(
      `"confirmedDistinctFrom":"${first.id}"`,
    );
    // The admin's word holds on when the copy is tested or renamed.
    expect((await dbTargets.test(uma, copy.id)).ok).toBe(true);
    await dbTargets.update(ada, copy.id, {
      ...{ expectedRevision: copy.revision, name: 'copy' },
    });
  });

  it('lets only one of two at once register the same database', async () => {
    const { dbTargets } = world.services;
    const database = await world.createDatabase();
    const sets = [await world.createDbSet(), await world.createDbSet()];
    const results = await Promise.allSettled(
      sets.map(set =>
        dbTargets.create(
          world.users.uma,
          world.input(set, { name: 'main', database }),
        ),
      ),
    );
    expect(results.map(({ status }) => status).sort()).toEqual([
      'fulfilled',
      'rejected',
    ]);
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'DUPLICATE_SERVER' },
    });
  });

  it('sends a password only where it was typed for', async () => {
    const { dbTargets } = world.services;
    const { uma } = world.users;
    const database = await world.createDatabase();
    const target = await dbTargets.create(
      uma,
      world.input(await world.createDbSet(), { name: 'main', database }),
    );
    const { password, port } = world.input('', { name: '', database });
    const expectedRevision = target.revision;
    for (const address of [
      { host: 'localhost' },
      { port: port + 1 },
      { username: 'somebody' },
      { tls: { mode: 'require' as const } },
    ]) {
      await expect(
        dbTargets.update(uma, target.id, { expectedRevision, ...address }),
      ).rejects.toEqual(refused('PASSWORD_REQUIRED', /Type it again/));
    }
    const moved = await dbTargets.update(uma, target.id, {
      ...{ expectedRevision, host: 'localhost', password },
    });
    expect(moved).toMatchObject({
      host: 'localhost',
      lastTest: { ok: true },
      revision: expectedRevision + 1,
    });

    // Whoever can write the hub's own tables gets no further.
    await world
      .knex('db_targets')
      .where({ id: target.id })
      .update({ host: 'attacker.example.com' });
    await expect(dbTargets.test(uma, target.id)).rejects.toEqual(
      refused('PASSWORD_REQUIRED', /typed for another address/),
    );
  });

  it('lets the creator and managers change, admins disable, and nobody overwrite', async () => {
    const { projects, dbSets, dbTargets } = world.services;
    const { uma, otto, mia, ada } = world.users;
    const database = await world.createDatabase();
    const dbSetId = await world.createDbSet();
    const { id } = await dbTargets.create(
      uma,
      world.input(dbSetId, { name: 'main', database }),
    );
    const rename = (name: string) => ({ expectedRevision: 1, name });

    await expect(dbTargets.update(otto, id, rename('x'))).rejects.toEqual(
      refused('ROLE_REQUIRED', /what somebody else created/),
    );
    expect((await dbTargets.get(otto, id)).allowedActions).toEqual(['test']);
    await dbTargets.update(mia, id, rename('renamed'));
    await expect(dbTargets.update(uma, id, rename('late'))).rejects.toEqual(
      refused('STALE_REVISION', /revision 2 now, you have 1/),
    );
    await expect(
      dbTargets.update(mia, id, { expectedRevision: 2, disabled: true }),
    ).rejects.toEqual(refused('ROLE_REQUIRED', /Only admins/));
    await dbTargets.update(ada, id, { expectedRevision: 2, disabled: true });

    const set = await dbSets.update(ada, dbSetId, {
      ...{ expectedRevision: 1, disabled: true },
    });
    dbSetSchema.parse(set);
    expect(set.targetCounts).toMatchObject({ total: 1, enabled: 0 });
    await expect(
      dbTargets.create(uma, world.input(dbSetId, { name: 'b', database })),
    ).rejects.toEqual(refused('DISABLED'));

    const project = await projects.update(uma, set.project, {
      ...{ expectedRevision: 1, archived: true, description: null },
    });
    projectSchema.parse(project);
    await expect(
      dbSets.create(uma, {
        ...{ project: set.project, environment: 'prd', name: 'late' },
      }),
    ).rejects.toEqual(refused('ARCHIVED'));
    expect((await projects.list(uma, { limit: 9 })).items).toEqual([]);
    expect(
      (await projects.list(uma, { limit: 9, archived: true })).items,
    ).toHaveLength(1);
    expect((await world.audit()).actions.slice(3)).toEqual([
      'db_target.updated',
      'db_target.disabled',
      'db_set.disabled',
      'project.archived',
    ]);
  });

  it('says that a name is taken', async () => {
    const { projects, dbSets, dbTargets } = world.services;
    const { uma, mia } = world.users;
    const dbSetId = await world.createDbSet();
    const { project: key, environment, name } = await dbSets.get(uma, dbSetId);
    await expect(projects.create(mia, { key, name: 'Other' })).rejects.toEqual(
      refused('ALREADY_EXISTS', new RegExp(key)),
    );
    await expect(
      dbSets.create(mia, { project: key, environment, name }),
    ).rejects.toEqual(refused('ALREADY_EXISTS'));
    const other = await dbSets.create(uma, {
      ...{ project: key, environment, name: 'other' },
    });
    await expect(
      dbSets.update(uma, other.id, { expectedRevision: 1, name }),
    ).rejects.toEqual(refused('ALREADY_EXISTS'));
    const input = world.input(dbSetId, { name: 'a', database: 'not_there' });
    await dbTargets.create(uma, input);
    await expect(dbTargets.create(uma, input)).rejects.toEqual(
      refused('ALREADY_EXISTS', /'a' in this DB set/),
    );
  });

  it('keeps the address of a target that a run is queued on', async () => {
    const { dbTargets, migrations, runRequests, runQueries, dbSets } =
      world.services;
    const { uma, ada } = world.users;
    const database = await world.createDatabase();
    const dbSetId = await world.createDbSet();
    const target = await dbTargets.create(
      uma,
      world.input(dbSetId, { name: 'main', database }),
    );
    const { project } = await dbSets.get(uma, dbSetId);
    const migration = await migrations.create(uma, {
      ...{ project, key: 'one', name: 'One', transactionMode: 'auto' },
      sqlUp: 'create table one (id int)',
    });
    const run = await runRequests.request(uma, migration.id, {
      ...{ environment: 'stg', dbSetIds: [dbSetId], type: 'apply' },
    });
    const { password } = world.input('', { name: '', database });

    // Waiting for approval, it follows: the approvers see the new address.
    const moved = await dbTargets.update(uma, target.id, {
      ...{ expectedRevision: target.revision, host: 'localhost', password },
    });
    const revised = await runQueries.get(uma, run.id);
    expect(revised.revision).toBe(run.revision + 1);
    expect(revised.binding.targets).toMatchObject([{ host: 'localhost' }]);

    await world.knex('runs').where({ id: run.id }).update({ status: 'queued' });
    await expect(
      dbTargets.update(uma, target.id, {
        ...{ expectedRevision: moved.revision, host: '127.0.0.1', password },
      }),
    ).rejects.toEqual(refused('TARGET_IN_USE'));
    const same = await dbTargets.update(uma, target.id, {
      ...{ expectedRevision: moved.revision, password },
    });
    expect(same.host).toBe('localhost');

    await dbTargets.update(ada, target.id, {
      ...{ expectedRevision: same.revision, disabled: true },
    });
    expect((await runQueries.get(uma, run.id)).items).toMatchObject([
      { status: 'canceled' },
    ]);
    expect((await dbTargets.get(uma, target.id)).lastRun).toMatchObject({
      id: run.id,
      migration: 'one',
      status: 'canceled',
    });
  });

  it('lists page by page, with as many questions to the database for one as for many', async () => {
    const { dbSets, dbTargets } = world.services;
    const { uma } = world.users;
    const dbSetId = await world.createDbSet();
    const { project, environment } = await dbSets.get(uma, dbSetId);
    for (let n = 1; n < 5; n += 1) {
      await dbSets.create(uma, { project, environment, name: `set ${n}` });
    }
    let queries = 0;
    world.knex.on('query', () => {
      queries += 1;
    });
    const counted = async (limit: number) => {
      queries = 0;
      await dbSets.list(uma, { limit, project });
      return queries;
    };
    expect(await counted(5)).toBe(await counted(1));

    const names: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await dbSets.list(uma, { limit: 2, project, cursor });
      expect(page.items.length).toBeLessThanOrEqual(2);
      names.push(...page.items.map(set => set.name));
      cursor = page.nextCursor;
    } while (cursor);
    expect(names).toEqual([
      ...['set 4', 'set 3', 'set 2', 'set 1'],
      `${project}_stg`,
    ]);
    expect(await dbTargets.list(uma, { limit: 5, dbSetId })).toEqual({
      items: [],
    });
  });
});
