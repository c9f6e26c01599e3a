// How long does the hub stand still, and how much memory does it take, while scripts of 50 MB go
// through it? Measured inside the backend; see README.md.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { appEnvironment, startBackend } from '../scripts/lib/app.mjs';
import { signIn } from '../scripts/lib/demo/hubClient.mjs';
import { logs, root } from '../scripts/lib/paths.mjs';
import { freePort } from '../scripts/lib/ports.mjs';
import { demoAccounts, newSecrets } from '../scripts/lib/secrets.mjs';

const budgetMs = 200;
const megabytes = Number(process.env.MEGABYTES ?? 50);
const statements = megabytes * 2_000;

// Two bytes a character: Cyrillic costs more than ASCII everywhere.
const scripts = {
  [`${statements} statements`]: () =>
    Array.from(
      { length: statements },
      (_, id) => `INSERT INTO big VALUES (${id}, '${'ж'.repeat(230)}');\n`,
    ).join(''),
  'one statement': () =>
    `INSERT INTO big VALUES (1, '${'ж'.repeat(megabytes * 500_000)}');\n`,
};

const folder = mkdtempSync(join(tmpdir(), 'migrate-hub-bench-'));
const hub = await startHub();
let worst = 0;
try {
  const user = await signIn({ ...hub, ...hub.requester });
  const manager = await signIn({ ...hub, ...hub.approver });
  for (const engine of ['postgres', 'mariadb', 'mysql']) {
    const target = await createTarget(engine);
    const place = await createDbSet(user, target, engine);
    for (const [name, script] of Object.entries(scripts)) {
      // MariaDB takes no packet of 50 MB by default.
      if (engine === 'mariadb' && name === 'one statement') continue;
      await measure({ user, manager, place, engine, name, sqlUp: script() });
      await target.run('truncate table big');
    }
    await target.drop();
  }
} finally {
  await hub.stop();
  rmSync(folder, { recursive: true, force: true });
}
if (worst > budgetMs) {
  console.log(`The event loop stood still for more than ${budgetMs} ms.`);
  process.exitCode = 1;
}

async function measure({ user, manager, place, engine, name, sqlUp }) {
  console.log(`${engine}, ${megabytes} MB in ${name}:`);
  const key = `${place.project}-${randomBytes(4).toString('hex')}`;
  const migration = await phase('create', () =>
    user.post('/migrations', { project: place.project, key, name: key, sqlUp }),
  );
  const run = await phase('request', () =>
    user.post(`/migrations/${migration.id}/runs`, {
      environment: 'daily',
      dbSetIds: [place.id],
      type: 'apply',
    }),
  );
  await phase('approve', () =>
    manager.post(`/runs/${run.id}/approvals`, {
      decision: 'approve',
      digest: run.digest,
    }),
  );
  await phase('execute', async () => {
    await user.post(`/runs/${run.id}/execute`, {});
    for (;;) {
      const { items } = await user.get(`/runs/${run.id}/items`);
      const [{ status, error }] = items;
      if (status === 'executed') return;
      if (status === 'failed') throw new Error(error.message);
      await sleep(500);
    }
  });
}

async function phase(name, work) {
  const from = Date.now();
  const result = await work();
  const to = Date.now();
  // The last measure is written a moment later.
  await sleep(600);
  const lines = measures().filter(({ at }) => at >= from && at <= to + 600);
  const blockedMs = Math.max(...lines.map(line => line.blockedMs));
  const rss = Math.max(...lines.map(line => line.megabytes));
  worst = Math.max(worst, blockedMs);
  console.log(
    `  ${name.padEnd(8)} ${((to - from) / 1_000)
      .toFixed(1)
      .padStart(6)} s, stood still ${blockedMs
      .toFixed(0)
      .padStart(4)} ms, memory ${rss.toFixed(0)} MB`,
  );
  return result;
}

/** Of the backend: the process that holds the most. */
function measures() {
  const all = readdirSync(folder).map(file =>
    readFileSync(join(folder, file), 'utf8')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line)),
  );
  const last = lines => lines[lines.length - 1].megabytes;
  return all.sort((left, right) => last(right) - last(left))[0];
}

async function createDbSet(user, target, engine) {
  const project = `big-${engine}-${randomBytes(4).toString('hex')}`;
  await user.post('/projects', { key: project, name: project });
  const { id } = await user.post('/db-sets', {
    project,
    environment: 'daily',
    name: 'big',
  });
  await user.post('/db-targets', {
    dbSetId: id,
    name: 'big',
    engine: engine === 'postgres' ? 'postgres' : 'mysql',
    ...target.address,
    tls: { mode: 'disable' },
  });
  return { id, project };
}

/** A database of its own with the table of the scripts. */
async function createTarget(engine) {
  const server = testServer(engine);
  const database = `big_${randomBytes(6).toString('hex')}`;
  const run = async (sql, inside = database) => {
    if (engine === 'postgres') {
      const client = new pg.Client({ ...server, database: inside });
      await client.connect();
      await client.query(sql);
      await client.end();
      return;
    }
    const client = await mysql.createConnection({
      ...server,
      database: inside,
    });
    await client.query(sql);
    await client.end();
  };
  const outside = engine === 'postgres' ? 'postgres' : 'information_schema';
  const characters = engine === 'postgres' ? '' : 'character set utf8mb4';
  await run(`create database ${database} ${characters}`, outside);
  await run(
    `create table big (id integer, content ${
      engine === 'postgres' ? 'text' : 'longtext'
    })`,
  );
  const { host, port, user: username, password } = server;
  return {
    address: { host, port, username, password, database },
    run,
    drop: () => run(`drop database ${database}`, outside),
  };
}

function testServer(engine = 'postgres') {
  const url = new URL(process.env[`MIGRATE_HUB_TEST_${engine.toUpperCase()}`]);
  return {
    host: url.hostname,
    port: Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
  };
}

async function startHub() {
  const secrets = newSecrets();
  const ports = { frontend: await freePort(), backend: await freePort() };
  const backend = await startBackend({
    environment: {
      ...appEnvironment({ postgres: testServer(), secrets, ports }),
      LOOP_DELAY_FILE: join(folder, 'delay'),
      NODE_OPTIONS: `--import ${pathToFileURL(
        join(root, 'benchmarks/lib/loopDelay.mjs'),
      )}`,
    },
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
