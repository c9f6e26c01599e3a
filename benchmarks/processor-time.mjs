// One migration over N databases: milliseconds of processor time that each target costs, by who
// takes it. It bears other work on the machine, which times do not. See README.md.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { logs } from '../scripts/lib/paths.mjs';
import { freePort } from '../scripts/lib/ports.mjs';
import { step } from '../scripts/lib/progress.mjs';
import { startTestPostgres } from '../scripts/lib/servers/postgres.mjs';
import { readArguments } from './lib/arguments.mjs';
import { competitorsFor, ddl } from './lib/competitors.mjs';
import { createFleet, registerFleet } from './lib/fleet.mjs';
import { connectStore, startHub } from './lib/hub.mjs';
import { approvedRun, untilExecuted } from './lib/hubRuns.mjs';
import { pidOf, processorMs } from './lib/processes.mjs';
import { Profiler, timeByPlace } from './lib/profile.mjs';
import { median, publish } from './lib/report.mjs';
import { serverOf } from './lib/servers.mjs';

const ask = readArguments({
  engine: 'postgres',
  targets: 100,
  parallelism: 8,
  rounds: 5,
  profile: false,
});

const store = serverOf('postgres');
const server = await targetServer();
const inspector = ask.profile ? await freePort() : undefined;
const { parallelism } = ask;
const hub = await startHub({
  nodeOptions: inspector ? [`--inspect=127.0.0.1:${inspector}`] : [],
  config: {
    executor: { parallelism },
    environments: [
      { name: 'daily', policy: { parallelism, requireSuccessIn: '' } },
    ],
  },
});
const fleet = await createFleet(server, ask.targets);
const records = await connectStore();
const profiler = inspector && (await Profiler.connect(inspector));
try {
  const [bareLoop] = competitorsFor(server);
  const ways = [
    await hubWay(),
    { name: 'bare loop', prepare: task => () => bareLoop.roll(task) },
  ];
  const found = new Map(ways.map(({ name }) => [name, []]));
  for (let round = 0; round <= ask.rounds; round += 1) {
    for (const { name, prepare } of ways) {
      const roll = await prepare({
        server,
        databases: fleet.databases,
        parallelism,
        key: `m${round}`,
      });
      const isLast = name === 'hub' && round === ask.rounds;
      // The first makes the tables, and loads the code.
      if (round > 0) found.get(name).push(await cost(roll));
      else await roll();
      if (isLast && profiler) await showProfile(ways[0], round + 1);
    }
  }
  publish(
    'processor-time',
    ways.map(({ name }) => summary(name, found.get(name))),
    { targets: ask.targets, parallelism, engine: ask.engine },
  );
} finally {
  profiler?.close();
  await records.end();
  await hub.stop();
  await fleet.drop();
  await server.stop?.();
}

/** The targets' server has to be another one than the records': then each has its time. */
async function targetServer() {
  if (ask.engine !== 'postgres') return serverOf(ask.engine);
  const port = await freePort();
  const log = join(logs, 'processor-time-postgres.log');
  const started = await step('Starting a server for the targets', () =>
    startTestPostgres({ port, log }),
  );
  return {
    ...started,
    kind: 'postgres',
    engine: 'postgres',
    host: '127.0.0.1',
  };
}

async function hubWay() {
  const registered = await registerFleet(await hub.signIn(), fleet);
  return {
    name: 'hub',
    prepare: async ({ key }) => {
      const accounts = await hub.signIn();
      const run = await approvedRun(accounts, {
        project: registered.project,
        dbSetIds: [registered.dbSetId],
        key: `${registered.project}-${key}`,
        sqlUp: `${ddl(`hub_${key}`).join(';\n')};\n`,
      });
      return async () => {
        await accounts.user.post(`/runs/${run.id}/execute`, {});
        await untilExecuted(records, run.id);
      };
    },
  };
}

function times() {
  const own = process.cpuUsage();
  return {
    'this process': (own.user + own.system) / 1000,
    hub: processorMs(pidOf(hub.ports[0])),
    records: processorMs(pidOf(store.port)),
    targets: processorMs(pidOf(server.port)),
    seconds: performance.now() / 1000,
  };
}

async function cost(roll) {
  const before = times();
  await roll();
  const after = times();
  return Object.fromEntries(
    Object.entries(before).map(([name, value]) => [name, after[name] - value]),
  );
}

function summary(way, costs) {
  const of = name => median(costs.map(one => one[name])) / ask.targets;
  const client = way === 'hub' ? of('hub') : of('this process');
  const row = {
    way,
    'client, ms': client,
    'records, ms': way === 'hub' ? of('records') : 0,
    'targets, ms': of('targets'),
  };
  return {
    ...row,
    'together, ms': client + row['records, ms'] + row['targets, ms'],
    'db/s': 1 / of('seconds'),
  };
}

/** A round more, for the profile alone: sampling costs time. */
async function showProfile({ prepare }, round) {
  const roll = await prepare({ key: `m${round}` });
  await profiler.start();
  await roll();
  const profile = await profiler.stop();
  writeFileSync(
    join(logs, 'processor-time.cpuprofile'),
    JSON.stringify(profile),
  );
  for (const [place, ms] of timeByPlace(profile)) {
    const each = ms / ask.targets;
    if (each >= 0.05) console.log(`${each.toFixed(2).padStart(7)}  ${place}`);
  }
}
