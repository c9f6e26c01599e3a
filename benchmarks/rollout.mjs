// One migration over N databases: the hub against a bare loop, the engine's client and dbmate.
// See README.md.
import { competitorsFor, ddl } from './lib/competitors.mjs';
import { createFleet, registerFleet } from './lib/fleet.mjs';
import { connectStore, startHub } from './lib/hub.mjs';
import { approvedRun, untilExecuted } from './lib/hubRuns.mjs';
import { median, publish } from './lib/report.mjs';
import { readArguments } from './lib/arguments.mjs';
import { serverOf } from './lib/servers.mjs';

const ask = readArguments({
  engines: ['postgres', 'mariadb'],
  targets: [10, 100],
  parallelism: [8],
  rounds: 5,
});

const rows = [];
for (const kind of ask.engines) {
  const server = serverOf(kind);
  if (!server) {
    console.log(`Without ${kind}: there is no server.`);
    continue;
  }
  for (const parallelism of ask.parallelism) {
    const hub = await startHub({
      config: {
        executor: { parallelism },
        environments: [
          { name: 'daily', policy: { parallelism, requireSuccessIn: '' } },
        ],
      },
    });
    try {
      for (const targets of ask.targets) {
        rows.push(...(await measure({ hub, server, parallelism, targets })));
      }
    } finally {
      await hub.stop();
    }
  }
}
publish('rollout', rows);

/** Rounds of all ways in turn. In the first of them the history tables are made: it is told apart. */
async function measure({ hub, server, parallelism, targets }) {
  const fleet = await createFleet(server, targets);
  const store = await connectStore();
  const ways = [hubWay(hub, store), ...competitorsFor(server)];
  const times = new Map(ways.map(way => [way.name, []]));
  const { databases } = fleet;
  try {
    for (let round = 0; round <= ask.rounds; round += 1) {
      const key = `m${round}`;
      for (const way of turned(ways, round)) {
        const task = { server, databases, parallelism, key, round };
        const roll = (await way.prepare?.({ ...task, fleet })) ?? way.roll;
        const began = performance.now();
        await roll(task);
        times.get(way.name).push((performance.now() - began) / 1000);
      }
    }
  } finally {
    for (const way of ways) way.remove?.();
    await store.end();
    await fleet.drop();
  }
  const rate = name => targets / median(times.get(name).slice(1));
  return ways.map(({ name }) => ({
    server: server.kind,
    targets,
    parallelism,
    way: name,
    'first, db/s': targets / times.get(name)[0],
    'db/s': rate(name),
    'of the bare loop': rate(name) / rate('bare loop'),
  }));
}

/** From `execute` to the end of the run, as the metadata store has it. */
function hubWay(hub, store) {
  let registered;
  return {
    name: 'hub',
    prepare: async ({ fleet, key, round }) => {
      const accounts = await hub.signIn();
      registered ??= await registerFleet(accounts, fleet);
      const run = await approvedRun(accounts, {
        project: registered.project,
        dbSetIds: [registered.dbSetId],
        key: `${registered.project}-${round}`,
        sqlUp: `${ddl(`hub_${key}`).join(';\n')};\n`,
      });
      return async () => {
        await accounts.user.post(`/runs/${run.id}/execute`, {});
        await untilExecuted(store, run.id);
      };
    },
  };
}

/** Whoever comes first in a round pays for what the machine did before. */
function turned(ways, by) {
  return ways.map((_, n) => ways[(n + by) % ways.length]);
}
