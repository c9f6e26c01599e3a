import { ExecutionWorld } from '../executor/__testUtils__/ExecutionWorld';
import { readRunBasisState } from './runBasis';

let world: ExecutionWorld;
let runId: string;

beforeAll(async () => {
  world = await ExecutionWorld.create();
  runId = await world.request({
    key: 'add-items',
    sqlUp: 'create table items (id int);',
  });
});

afterAll(async () => {
  await world.drop();
});

async function stamp(): Promise<string | undefined> {
  const { state } = await readRunBasisState(world.knex, {
    runId,
    targetIds: [],
  });
  return state?.stamp;
}

it('the stamp stays the same while nothing changes', async () => {
  expect(await stamp()).toEqual(await stamp());
});

it.each([
  ['the run', `update runs set updated_at = updated_at`],
  ['the migration', `update migrations set name = name`],
  ['the project', `update projects set name = name`],
  ['an approval', `delete from approvals`],
  ['the requester', `update users set name = name`],
  [
    'the policy of the environment, of which there was none',
    `insert into environment_policies (environment, revision, updated_at) values ('daily', 1, now())`,
  ],
  [
    'the policy of the environment',
    `update environment_policies set revision = revision`,
  ],
])('whoever touches %s, the stamp is another', async (_, sql) => {
  const before = await stamp();
  await world.knex.transaction(async tx => {
    // Not even one who can do everything leaves the stamp as it was.
    await tx.raw('set local session_replication_role = replica');
    await tx.raw(sql);
  });
  expect(await stamp()).not.toEqual(before);
});

it('there is none for a run that is not there', async () => {
  const { state } = await readRunBasisState(world.knex, {
    runId: '00000000-0000-7000-8000-000000000000',
    targetIds: [],
  });
  expect(state).toBeUndefined();
});
