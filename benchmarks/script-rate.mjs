// One big script on PostgreSQL: the hub against a loop that sends the same statements by the same
// protocol in one transaction, and against `psql -f`. See README.md.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run as runProgram, which } from '../scripts/lib/run.mjs';
import { readArguments } from './lib/arguments.mjs';
import { atDistance } from './lib/distantServer.mjs';
import { createFleet, registerFleet } from './lib/fleet.mjs';
import { connectStore, startHub } from './lib/hub.mjs';
import { approvedRun, untilExecuted } from './lib/hubRuns.mjs';
import { median, publish } from './lib/report.mjs';
import { inserts } from './lib/scripts.mjs';
import { connectPostgres, execute, serverOf } from './lib/servers.mjs';

const ask = readArguments({
  megabytes: 50,
  statements: 100_000,
  rounds: 3,
  away: 0,
});

const server = serverOf('postgres');
const hub = await startHub();
const fleet = await createFleet(server, 1);
const target = ask.away > 0 ? await atDistance(server, ask.away) : server;
const [database] = fleet.databases;
const store = await connectStore();
const folder = mkdtempSync(join(tmpdir(), 'migrate-hub-bench-'));
const file = join(folder, 'script.sql');
let memory = 0;
const ways = [
  { name: 'bare loop', prepare: () => () => bareLoop() },
  { name: 'hub', prepare: viaHub },
];
if (which('psql')) ways.push({ name: 'psql -f', prepare: viaPsql });
else console.log('Without psql: there is no client program.');
try {
  const accounts = await hub.signIn();
  const { project, dbSetId } = await registerFleet(accounts, {
    ...fleet,
    server: target,
  });
  const times = new Map(ways.map(({ name }) => [name, []]));
  for (let round = 0; round < ask.rounds; round += 1) {
    for (const { name, prepare } of ways) {
      await execute(
        server,
        ['drop table if exists big', 'create table big (id bigint, note text)'],
        database,
      );
      const work = await prepare({ project, dbSetId, round });
      const began = performance.now();
      await work();
      times.get(name).push((performance.now() - began) / 1000);
    }
  }
  const bare = median(times.get('bare loop'));
  const roundTrip = await timeOfRoundTrip();
  console.log(`A round trip takes ${roundTrip.toFixed(2)} ms.`);
  publish(
    'script-rate',
    ways.map(({ name }) => ({
      way: name,
      seconds: median(times.get(name)),
      'of the bare loop': median(times.get(name)) / bare,
      'memory grown, MB': name === 'hub' ? memory : undefined,
    })),
    {
      megabytes: ask.megabytes,
      statements: ask.statements,
      'round trip, ms': roundTrip,
    },
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
  await store.end();
  await hub.stop();
  await target.close?.();
  await fleet.drop();
}

/** From a statement that does nothing to its answer, in the median. */
async function timeOfRoundTrip() {
  const client = await connectPostgres(target, database);
  const times = [];
  for (let n = 0; n < 200; n += 1) {
    const began = performance.now();
    await client.query('select');
    times.push(performance.now() - began);
  }
  await client.end();
  return median(times);
}

/** Each round a script of its own: a plan that is known already would be found again. */
function scriptOf(round) {
  return inserts({
    bytes: ask.megabytes * 1_000_000,
    statements: ask.statements,
    table: 'big',
  }).concat(`-- ${round}\n`);
}

async function bareLoop() {
  const client = await connectPostgres(target, database);
  await client.query('begin');
  for (const text of scriptOf(0).split('\n')) {
    if (!text.startsWith('insert')) continue;
    await client.query({ text, queryMode: 'extended' });
  }
  await client.query('commit');
  await client.end();
}

async function viaHub({ project, dbSetId, round }) {
  const accounts = await hub.signIn();
  const run = await approvedRun(accounts, {
    project,
    dbSetIds: [dbSetId],
    key: `${project}-${round}`,
    sqlUp: scriptOf(round),
  });
  return async () => {
    const before = hub.memoryMb();
    let most = before;
    const watch = setInterval(() => {
      most = Math.max(most, hub.memoryMb());
    }, 500);
    await accounts.user.post(`/runs/${run.id}/execute`, {});
    await untilExecuted(store, run.id);
    clearInterval(watch);
    memory = Math.max(memory, most - before);
  };
}

async function viaPsql({ round }) {
  writeFileSync(file, scriptOf(round));
  const { host, port, user, password } = target;
  return () =>
    runProgram(
      'psql',
      [
        `host=${host} port=${port} user=${user} dbname=${database}`,
        ...['-X', '-q', '-1', '-v', 'ON_ERROR_STOP=1', '-f', file],
      ],
      { env: { ...process.env, PGPASSWORD: password } },
    );
}
