// Does a target cost more in a large run than in a small one? Time for each target, memory, and
// the statements that the metadata store is sent for each. See README.md.
import { readArguments } from './lib/arguments.mjs';
import { ddl } from './lib/competitors.mjs';
import { startCountingProxy } from './lib/countingProxy.mjs';
import { createFleet, registerFleet } from './lib/fleet.mjs';
import { connectStore, startHub } from './lib/hub.mjs';
import { approvedRun, untilExecuted } from './lib/hubRuns.mjs';
import { median, publish } from './lib/report.mjs';
import { serverOf } from './lib/servers.mjs';

const ask = readArguments({
  targets: [100, 500],
  rounds: 3,
  parallelism: 8,
  statements: false,
});

const server = serverOf('postgres');
const proxy = await startCountingProxy(server);
const hub = await startHub({
  store: proxy.address,
  config: { executor: { parallelism: ask.parallelism } },
});
try {
  const rows = [];
  for (const targets of ask.targets) rows.push(await measure(targets));
  publish('flat-cost', rows, { parallelism: ask.parallelism });
} finally {
  await hub.stop();
  await proxy.stop();
}

async function measure(targets) {
  const fleet = await createFleet(server, targets);
  const store = await connectStore();
  try {
    const registered = await registerFleet(await hub.signIn(), fleet);
    const times = [];
    let grown;
    for (let round = 0; round <= ask.rounds; round += 1) {
      const accounts = await hub.signIn();
      const run = await approvedRun(accounts, {
        project: registered.project,
        dbSetIds: [registered.dbSetId],
        key: `${registered.project}-${round}`,
        sqlUp: `${ddl(`hub_${round}`).join(';\n')};\n`,
      });
      const memory = hub.memoryMb();
      proxy.reset();
      const began = performance.now();
      await accounts.user.post(`/runs/${run.id}/execute`, {});
      await untilExecuted(store, run.id);
      // The first one makes the tables in the targets.
      if (round > 0) times.push((performance.now() - began) / targets);
      grown = memory && hub.memoryMb() - memory;
    }
    const counts = [...proxy.counts()].sort(([, a], [, b]) => b - a);
    if (ask.statements) print(counts, targets);
    return {
      targets,
      'ms a target': median(times),
      'memory grown, MB': grown,
      'statements a target':
        counts.reduce((sum, [, count]) => sum + count, 0) / targets,
    };
  } finally {
    await store.end();
    await fleet.drop();
  }
}

function print(counts, targets) {
  for (const [text, count] of counts) {
    if (count >= targets / 50) {
      console.log(`${(count / targets).toFixed(2).padStart(6)}  ${text}`);
    }
  }
}
