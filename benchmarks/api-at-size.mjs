// Every list, filter and page of the API with the records of years behind it, asked by many at once,
// against the bare SQL of the same answers. See README.md.
import { randomBytes } from 'node:crypto';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { appEnvironment, startBackend } from '../scripts/lib/app.mjs';
import { signIn } from '../scripts/lib/demo/hubClient.mjs';
import { logs } from '../scripts/lib/paths.mjs';
import { freePort } from '../scripts/lib/ports.mjs';
import { say, step } from '../scripts/lib/progress.mjs';
import { demoAccounts, newSecrets } from '../scripts/lib/secrets.mjs';
import { startTestPostgres } from '../scripts/lib/servers/postgres.mjs';
import { generateData } from './data/generateData.mjs';
import { questions, sampleOf } from './data/questions.mjs';
import { readArguments } from './lib/arguments.mjs';
import { atOnce } from './lib/clients.mjs';
import {
  explainingServer,
  largeTables,
  PlanReader,
  sequentialScans,
} from './lib/plans.mjs';
import { publish } from './lib/report.mjs';
import { connectPostgres } from './lib/servers.mjs';

const ask = readArguments({
  all: false,
  share: 0.1,
  clients: 50,
  seconds: 2,
  only: '',
  statements: false,
});
const share = ask.all ? 1 : ask.share;
const secrets = newSecrets();
const prefix = `bench_${randomBytes(4).toString('hex')}_`;
const database = `${prefix}migrate-hub`;

// One of its own: gigabytes of data, and a log of every plan.
const server = await step('Starting PostgreSQL', async () => ({
  host: '127.0.0.1',
  ...(await startTestPostgres({
    port: await freePort(),
    log: join(logs, 'api-at-size-postgres.log'),
    settings: { shared_buffers: '1GB', ...explainingServer },
  })),
}));
let hub;
try {
  hub = await step('Starting the backend', startHub);
  const sizes = await generateData({
    connection: { ...server, database },
    signingKey: secrets.signingKey,
    share,
  });
  say(JSON.stringify(sizes));
  const store = await connectPostgres(server, database);
  store.on('error', () => undefined);
  const asked = questions(await sampleOf(store)).filter(({ name }) =>
    new RegExp(ask.only).test(name),
  );
  const rows = await measureAll(store, asked);
  publish('api-at-size', rows, { sizes, clients: ask.clients });
  tell(rows);
  await store.end();
} finally {
  await hub?.stop();
  await server.stop();
}

async function startHub() {
  const frontend = await freePort();
  const port = await freePort();
  const backend = await startBackend({
    environment: {
      ...appEnvironment({
        postgres: server,
        secrets,
        ports: { frontend, backend: port },
      }),
      NODE_ENV: 'production',
      APP_CONFIG_migrateHub_allowInsecureBaseUrl: 'true',
      APP_CONFIG_backend_database_prefix: prefix,
      // The runs that are open are for being read.
      APP_CONFIG_migrateHub_executor: JSON.stringify({ enabled: false }),
    },
    log: join(logs, 'api-at-size-backend.log'),
  });
  const urls = {
    backendUrl: `http://127.0.0.1:${port}`,
    appUrl: `http://localhost:${frontend}`,
  };
  return {
    port,
    signIn: async () => {
      const [user, manager, admin] = await Promise.all(
        demoAccounts(secrets).map(account => signIn({ ...urls, ...account })),
      );
      return { user, manager, admin };
    },
    stop: () => backend.stop(),
  };
}

/** First each question once, for its statements and plans; then all clients at once. */
async function measureAll(store, asked) {
  const found = await step('Asking for plans', () => explainAll(store, asked));
  const pool = await Promise.all(
    Array.from({ length: ask.clients }, async () => {
      const client = await connectPostgres(server, database);
      // If the server is stopped, what made it stop is to be told, and not that.
      client.on('error', () => undefined);
      return client;
    }),
  );
  const rows = [];
  for (const { name, path, as, statements, scans } of found) {
    // Tokens are short-lived.
    const token = (await hub.signIn())[as].token;
    // Of its own: a connection that waits until the SQL is through may be closed by then.
    const agent = new Agent({ keepAlive: true, maxSockets: ask.clients });
    const overApi = () => fetchText(agent, path, token);
    const overSql = n => replay(pool[n], statements);
    await atOnce(ask.clients, 0.2, overApi);
    const api = await atOnce(ask.clients, ask.seconds, overApi);
    agent.destroy();
    await atOnce(ask.clients, 0.2, overSql);
    const sql = await atOnce(ask.clients, ask.seconds, overSql);
    rows.push({
      question: name,
      statements: statements.length,
      'api median': api.median,
      'sql median': sql.median,
      ratio: api.median / sql.median,
      'api p99': api.p99,
      'sql p99': sql.p99,
      'ratio p99': api.p99 / sql.p99,
      'answers/s': Math.round(api.perSecond),
      scans: [...new Set(scans)].join(', '),
    });
  }
  await Promise.all(pool.map(client => client.end()));
  return rows;
}

/** Adds to each question its statements, without those that find out who asks, and what they scan. */
async function explainAll(store, asked) {
  const large = await largeTables(store);
  const clients = await hub.signIn();
  // A connection for each question: one that is kept may be closed meanwhile.
  const agent = new Agent({ keepAlive: false });
  const reader = new PlanReader(store);
  await reader.begin();
  const found = [];
  for (const question of asked) {
    const as = question.as ?? 'manager';
    // What the hub does by itself falls among the statements of an answer now
    // and then, the fewest are its own; and the first answer fills caches.
    let statements;
    for (let time = 0; time < 4; time += 1) {
      await reader.next();
      await fetchText(agent, question.path, clients[as].token);
      const these = (await reader.next()).filter(({ text }) =>
        isOfTheAnswer(text),
      );
      if (time === 0) continue;
      if (!statements || these.length < statements.length) statements = these;
    }
    const scans = statements.flatMap(({ plan }) =>
      sequentialScans(plan, large),
    );
    found.push({ ...question, as, statements, scans });
    if (ask.statements) tellStatements(question, statements);
  }
  await reader.end();
  return found;
}

/** Each once, with how often it was asked. */
function tellStatements({ name }, statements) {
  const times = new Map();
  for (const { text } of statements) {
    const short = text.replace(/\s+/g, ' ').trim().slice(0, 200);
    times.set(short, (times.get(short) ?? 0) + 1);
  }
  say(name);
  for (const [text, n] of times) say(`  ${n} ${text}`);
}

/** Not who asks, nor what the hub does by itself meanwhile. */
function isOfTheAnswer(text) {
  return (
    /^\s*(select|with)/i.test(text) &&
    !/left join sessions s|audit_outbox|audit_links|audit_checkpoints|event_feed|advisory|webhook_deliveries|executors|for no key update/.test(
      text,
    )
  );
}

async function replay(client, statements) {
  for (const { text, values } of statements) await client.query(text, values);
}

function fetchText(agent, path, token) {
  return new Promise((resolve, reject) => {
    const request = get(
      {
        agent,
        host: '127.0.0.1',
        port: hub.port,
        path: `/api/migrate-hub/v1${path}`,
        headers: { authorization: `Bearer ${token}` },
      },
      response => {
        let length = 0;
        response.on('data', data => {
          length += data.length;
        });
        response.on('error', reject);
        response.on('end', () =>
          response.statusCode === 200
            ? resolve(length)
            : reject(new Error(`${path} answers ${response.statusCode}`)),
        );
      },
    );
    request.on('error', reject);
  });
}

function tell(rows) {
  const slow = rows.filter(row => row.ratio > 3);
  const scanning = rows.filter(row => row.scans);
  say(
    `${slow.length} of ${rows.length} questions take more than 3 times the bare SQL; ${scanning.length} scan a large table`,
  );
  if (scanning.length > 0) process.exitCode = 1;
}
