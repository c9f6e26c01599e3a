// One metadata store, one, two and four backends: how many targets a second, and whether any was
// claimed twice. See README.md.
import { readArguments } from './lib/arguments.mjs';
import { ddl } from './lib/competitors.mjs';
import { createFleet, registerFleet } from './lib/fleet.mjs';
import { connectStore, startHub } from './lib/hub.mjs';
import { approvedRun, untilExecuted } from './lib/hubRuns.mjs';
import { median, publish } from './lib/report.mjs';
import { execute, serverOf } from './lib/servers.mjs';

const ask = readArguments({
  replicas: [1, 2, 4],
  targets: 100,
  rounds: 3,
  parallelism: 8,
});

const server = serverOf('postgres');
const rows = [];
for (const replicas of ask.replicas) rows.push(await measure(replicas));
for (const row of rows) row['of one'] = row['db/s'] / rows[0]['db/s'];
publish('replicas', rows, { targets: ask.targets });

async function measure(replicas) {
  // The run may have as many at a time as all replicas together.
  const parallelism = ask.parallelism * replicas;
  const hub = await startHub({
    replicas,
    config: {
      executor: { parallelism: ask.parallelism },
      environments: [
        { name: 'daily', policy: { parallelism, requireSuccessIn: '' } },
      ],
    },
  });
  const fleet = await createFleet(server, ask.targets);
  const store = await connectStore();
  try {
    const { project, dbSetId } = await registerFleet(await hub.signIn(), fleet);
    const times = [];
    const runs = [];
    for (let round = 0; round <= ask.rounds; round += 1) {
      const accounts = await hub.signIn();
      const run = await approvedRun(accounts, {
        project,
        dbSetIds: [dbSetId],
        key: `${project}-${round}`,
        sqlUp: `${ddl(`hub_${round}`).join(';\n')};\n`,
      });
      const began = performance.now();
      await accounts.user.post(`/runs/${run.id}/execute`, {});
      await untilExecuted(store, run.id);
      times.push((performance.now() - began) / 1000);
      runs.push(run.id);
    }
    return {
      replicas,
      'db/s': ask.targets / median(times.slice(1)),
      ...(await accountFor(store, runs)),
      'not applied once': await oddTargets(fleet, runs.length),
    };
  } finally {
    await store.end();
    await hub.stop();
    await fleet.drop();
  }
}

/** Who did the work, and what was taken more than once: by the claims, and by what was recorded. */
async function accountFor(store, runs) {
  const { rows: found } = await store.query(
    `select count(distinct executor_id)::int as "executors at work",
            count(*) filter (where attempt <> 1)::int as "claimed twice"
       from run_items where run_id = any($1)`,
    [runs],
  );
  return found[0];
}

/** Targets in which not every run has exactly one finished entry. */
async function oddTargets(fleet, runs) {
  let odd = 0;
  for (const database of fleet.databases) {
    const [{ finished, items }] = await execute(
      server,
      [
        `select count(*)::int as finished, count(distinct run_id)::int as items
           from migrations_ledger where state = 'finished'`,
      ],
      database,
    );
    if (finished !== runs || items !== runs) odd += 1;
  }
  return odd;
}
