// How long from `POST /runs/:id/execute` until the first statement runs on the target?
// Measured over HTTP, one run at a time on an idle hub; see README.md.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { appEnvironment, startBackend } from '../scripts/lib/app.mjs';
import { signIn } from '../scripts/lib/demo/hubClient.mjs';
import { logs } from '../scripts/lib/paths.mjs';
import { freePort } from '../scripts/lib/ports.mjs';
import { demoAccounts, newSecrets } from '../scripts/lib/secrets.mjs';
import { percentile, table } from './lib/report.mjs';

const runs = Number(process.env.RUNS ?? 30);
const warmUps = 5;
const budgetMs = 100;

const now = () => performance.timeOrigin + performance.now();

const hub = process.env.BASE_URL ? runningHub() : await startHub();
try {
  const user = await signIn({ ...hub, ...hub.requester });
  const manager = await signIn({ ...hub, ...hub.approver });
  const target = await createTarget();
  try {
    const dbSet = await createDbSet(user, target);
    const latencies = [];
    for (let n = 0; n < warmUps + runs; n += 1) {
      const latency = await measure({ user, manager, dbSet, target, n });
      if (n >= warmUps) latencies.push(latency);
    }
    report(latencies);
  } finally {
    await target.drop();
  }
} finally {
  await hub.stop();
}

/** From the moment the request leaves until the target's clock when the statement runs. */
async function measure({ user, manager, dbSet, target, n }) {
  const run = await approvedRun({ user, manager, dbSet, n });
  const skew = await clockSkew(target.client);
  const sent = now();
  await user.post(`/runs/${run.id}/execute`, {});
  // Whoever asks for the run now would take the hub's time.
  await sleep(300);
  await ended(user, run.id);
  const { rows } = await target.client.query(
    `select extract(epoch from at) * 1000 as at from latency_${n}`,
  );
  return Number(rows[0].at) - skew - sent;
}

async function approvedRun({ user, manager, dbSet, n }) {
  const migration = await user.post('/migrations', {
    project: dbSet.project,
    key: `${dbSet.project}-${n}`,
    name: `Latency ${n}`,
    sqlUp: `create table latency_${n} as select clock_timestamp() as at;\n`,
  });
  const run = await user.post(`/migrations/${migration.id}/runs`, {
    environment: 'daily',
    dbSetIds: [dbSet.id],
    type: 'apply',
  });
  await manager.post(`/runs/${run.id}/approvals`, {
    decision: 'approve',
    digest: run.digest,
  });
  return run;
}

async function ended(user, id) {
  for (;;) {
    const run = await user.get(`/runs/${id}`);
    if (run.status === 'executed') return;
    if (!['queued', 'running'].includes(run.status)) {
      const [item] = run.items;
      throw new Error(`the run is ${run.status}: ${item.error?.message}`);
    }
    await sleep(50);
  }
}

/** Milliseconds by which the target's clock is ahead of ours. */
async function clockSkew(client) {
  let best = { roundTrip: Infinity, skew: 0 };
  for (let n = 0; n < 5; n += 1) {
    const before = now();
    const { rows } = await client.query(
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

async function createDbSet(user, target) {
  const project = `latency-${randomBytes(4).toString('hex')}`;
  await user.post('/projects', { key: project, name: project });
  const dbSet = await user.post('/db-sets', {
    project,
    environment: 'daily',
    name: 'latency',
  });
  await user.post('/db-targets', {
    dbSetId: dbSet.id,
    name: 'latency',
    engine: 'postgres',
    ...target.address,
    tls: { mode: 'disable' },
  });
  return { id: dbSet.id, project };
}

/** A database of its own on the test server. */
async function createTarget() {
  const server = testServer();
  const database = `latency_${randomBytes(6).toString('hex')}`;
  const admin = await connect(server, 'postgres');
  await admin.query(`create database ${database}`);
  const client = await connect(server, database);
  return {
    client,
    address: {
      host: server.host,
      port: server.port,
      database,
      username: server.user,
      password: server.password,
    },
    drop: async () => {
      await client.end();
      await admin.query(`drop database ${database} with (force)`);
      await admin.end();
    },
  };
}

async function connect(server, database) {
  const client = new pg.Client({ ...server, database });
  await client.connect();
  return client;
}

function testServer() {
  const url = new URL(process.env.MIGRATE_HUB_TEST_POSTGRES);
  return {
    host: url.hostname,
    port: Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
  };
}

/** A hub that runs already, e.g. the one of `npm start`. */
function runningHub() {
  const account = name => ({
    email: process.env[`${name}_EMAIL`],
    password: process.env[`${name}_PASSWORD`],
  });
  return {
    backendUrl: process.env.BASE_URL,
    appUrl: process.env.APP_URL ?? process.env.BASE_URL,
    requester: account('REQUESTER'),
    approver: account('APPROVER'),
    stop: async () => {},
  };
}

/** The backend of this workspace, on the Postgres that the benchmark was given. */
async function startHub() {
  const secrets = newSecrets();
  const ports = { frontend: await freePort(), backend: await freePort() };
  const backend = await startBackend({
    environment: appEnvironment({ postgres: testServer(), secrets, ports }),
    log: join(logs, 'bench-backend.log'),
  });
  const [requester, approver] = demoAccounts(secrets);
  return {
    backendUrl: `http://127.0.0.1:${ports.backend}`,
    appUrl: `http://localhost:${ports.frontend}`,
    requester,
    approver,
    stop: () => backend.stop(),
  };
}

function report(latencies) {
  const median = percentile(latencies, 50);
  console.log(
    `From execute to the first statement, ${runs} runs, milliseconds:`,
  );
  console.log(
    table({
      median,
      p90: percentile(latencies, 90),
      max: Math.max(...latencies),
      min: Math.min(...latencies),
    }),
  );
  if (median >= budgetMs) {
    console.log(`The median is over the budget of ${budgetMs} ms.`);
    process.exitCode = 1;
  }
}
