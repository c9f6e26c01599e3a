import { Role } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { mayDecide } from '../domain/approvals';
import { ExecutionWorld } from '../executor/__testUtils__/ExecutionWorld';
import { newId } from '../store/Database';
import { listRuns } from '../store/runLists';
import { CommandContext } from './context';
import { Gate, principal } from './Gate';
import { decisionFacts } from './RunFacts';
import { RunQueries } from './RunQueries';

jest.setTimeout(60_000);

const caller = (role: Role, id: string) =>
  ({ caller: { user: { id, role, kind: 'person' } } } as CommandContext);

describe('runs that wait for my approval', () => {
  let world: ExecutionWorld;
  let queries: RunQueries;
  let approver: string;

  beforeAll(async () => {
    world = await ExecutionWorld.create({ targets: 1 });
    const { facts, environments } = world;
    const gate = Gate.create(facts);
    queries = RunQueries.create({
      ...{ knex: world.knex, facts, gate, environments },
    });
    for (const key of ['a', 'b', 'c', 'd', 'e']) {
      await world.request({ key, sqlUp: `select '${key}';\n` });
    }
    await world
      .knex('runs')
      .update({ status: 'awaiting_approval', reapproval: true });
    const [approval] = await world.knex('approvals').select('approver_id');
    approver = approval.approver_id;
  });
  afterAll(() => world.drop());

  async function pages(context: CommandContext): Promise<string[][]> {
    const all: string[][] = [];
    let cursor: string | undefined;
    do {
      const page = await queries.pending(context, {
        scope: 'mine',
        limit: 2,
        cursor,
      });
      all.push(page.items.map(run => run.migration.key));
      cursor = page.nextCursor;
    } while (cursor);
    return all;
  }

  it('come page by page, oldest first', async () => {
    const independent = caller('manager', newId());
    expect(await pages(independent)).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
  });

  it('are none for whoever asked for them, has approved them, or never can', async () => {
    expect(await pages(caller('manager', world.userId))).toEqual([[]]);
    expect(await pages(caller('manager', approver))).toEqual([[]]);
    expect(await pages(caller('user', newId()))).toEqual([[]]);
  });

  it('are those that the rules say, asked one by one with all their facts', async () => {
    const [changed] = await listRuns(
      world.knex,
      {},
      { limit: 1, order: 'oldest' },
    );
    const changer = newId();
    await world.knex('users').insert({
      ...{ id: changer, entity_ref: 'user:default/changer', name: 'Changer' },
      ...{ kind: 'person', provider: 'local', role: 'manager' },
    });
    await world.knex.raw(
      `insert into run_revisions (run_id, revision, migration_id, version, plan_hash, checksum, policy, binding, digest, cause, created_by)
       select run_id, 2, migration_id, version, plan_hash, checksum, policy, binding, digest, 'changed', :changer
         from run_revisions where run_id = :run`,
      { run: changed.id, changer },
    );
    await world.knex('runs').where({ id: changed.id }).update({ revision: 2 });

    for (const id of [newId(), world.userId, approver, changer]) {
      const context = caller('manager', id);
      const expected: string[] = [];
      const rows = await listRuns(
        world.knex,
        {},
        { limit: 50, order: 'oldest' },
      );
      for (const row of rows) {
        const subject = decisionFacts(await world.facts.read(world.knex, row));
        const refusal = mayDecide({
          ...subject,
          ...principal(context.caller),
          decision: 'approve',
        });
        if (!refusal) expected.push(row.migration.key);
      }
      expect((await pages(context)).flat()).toEqual(expected);
    }
    expect((await pages(caller('manager', changer))).flat()).toEqual([
      'b',
      'c',
      'd',
      'e',
    ]);
    expect((await pages(caller('manager', approver))).flat()).toEqual(['a']);
  });
});
