// How long from `POST /runs/:id/execute` until the first statement runs on the target?
// Measured over HTTP, one run at a time, idle and with items queued; see README.md.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { readArguments } from './lib/arguments.mjs';
import { createFleet, registerFleet } from './lib/fleet.mjs';
import { connectStore, startHub } from './lib/hub.mjs';
import { approvedRun, untilExecuted } from './lib/hubRuns.mjs';
import { percentile, publish } from './lib/report.mjs';
import { connectPostgres, serverOf } from './lib/servers.mjs';

const ask = readArguments({ runs: 60, queued: [0, 500] });
const warmUps = 10;

const now = () => performance.timeOrigin + performance.now();

const server = serverOf('postgres');
const hub = await startHub({
  config: {
    environments: [
      { name: 'daily', policy: { requireSuccessIn: '' } },
      { name: 'stg', policy: { parallelism: 1, requireSuccessIn: '' } },
    ],
  },
});
try {
  const rows = [];
  for (const queued of ask.queued) {
    const latencies = await measureAll(queued);
    rows.push({
      'items queued': queued,
      'median, ms': percentile(latencies, 50),
      'p99, ms': percentile(latencies, 99),
      'least, ms': percentile(latencies, 0),
    });
  }
  publish('start-latency', rows, { runs: ask.runs });
} finally {
  await hub.stop();
}

async function measureAll(queued) {
  const fleet = await createFleet(server, 1);
  const store = await connectStore();
  const target = await connectPostgres(server, fleet.databases[0]);
  const crowd = queued > 0 ? await queue(queued, store) : undefined;
  try {
    const accounts = await hub.signIn();
    const registered = await registerFleet(accounts, fleet);
    const latencies = [];
    for (let n = 0; n < warmUps + ask.runs; n += 1) {
      const latency = await measure({ registered, store, target, n });
      if (n >= warmUps) latencies.push(latency);
    }
    return latencies;
  } finally {
    await crowd?.leave();
    await target.end();
    await store.end();
    await fleet.drop();
  }
}

/** From the moment the request leaves until the target's clock when the statement runs. */
async function measure({ registered, store, target, n }) {
  const accounts = await hub.signIn();
  const run = await approvedRun(accounts, {
    project: registered.project,
    dbSetIds: [registered.dbSetId],
    key: `${registered.project}-${n}`,
    sqlUp: `create table latency_${n} as select clock_timestamp() as at;\n`,
  });
  const skew = await clockSkew(target);
  const sent = now();
  await accounts.user.post(`/runs/${run.id}/execute`, {});
  await sleep(200);
  await untilExecuted(store, run.id);
  const { rows } = await target.query(
    `select extract(epoch from at) * 1000 as at from latency_${n}`,
  );
  return Number(rows[0].at) - skew - sent;
}

/** A run of which one target works, slowly, and all others wait for it. */
async function queue(size, store) {
  const fleet = await createFleet(server, size + 1);
  const accounts = await hub.signIn();
  const registered = await registerFleet(accounts, fleet, {
    environment: 'stg',
  });
  const run = await approvedRun(accounts, {
    project: registered.project,
    dbSetIds: [registered.dbSetId],
    environment: 'stg',
    key: `crowd-${randomBytes(4).toString('hex')}`,
    sqlUp: 'select pg_sleep(3600);\n',
  });
  await accounts.user.post(`/runs/${run.id}/execute`, {});
  for (;;) {
    const { rows } = await store.query(
      `select from run_items where run_id = $1 and status = 'running'`,
      [run.id],
    );
    if (rows.length > 0) break;
    await sleep(50);
  }
  return {
    leave: async () => {
      const { user } = await hub.signIn();
      await user.post(`/runs/${run.id}/cancel`, { reason: 'measured' });
      await sleep(1000);
      await fleet.drop();
    },
  };
}

/** Milliseconds by which the target's clock is ahead of ours. */
async function clockSkew(target) {
  let best = { roundTrip: Infinity, skew: 0 };
  for (let n = 0; n < 5; n += 1) {
    const before = now();
    const { rows } = await target.query(
      'select extract(epoch from clock_timestamp()) * 1000 as at',
    );
    const after = now();
    const roundTrip = after - before;
    if (roundTrip < best.roundTrip) {
      best = { roundTrip, skew: Number(rows[0].at) - (before + after) / 2 };
    }
  }
  return best.skew;
}
