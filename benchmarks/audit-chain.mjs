// What linking and verifying the audit trail cost, and what memory they take. See README.md.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import knexFactory from 'knex';
import { root } from '../scripts/lib/paths.mjs';
import { step } from '../scripts/lib/progress.mjs';
import { readArguments } from './lib/arguments.mjs';
import { publish } from './lib/report.mjs';
import { connectPostgres, execute, serverOf } from './lib/servers.mjs';

const ask = readArguments({ events: 500_000 });
const SLICE = 250_000;

const require = createRequire(import.meta.url);
const plugin = '../plugins/migrate-hub-backend';
const { Signer } = require(`${plugin}/src/crypto/Signer.ts`);
const { AuditChainer } = require(`${plugin}/src/services/AuditChainer.ts`);
const { AuditVerifier } = require(`${plugin}/src/services/AuditVerifier.ts`);

const admin = {
  caller: {
    user: { id: 'bench', kind: 'person', role: 'admin', disabled: false },
    credentials: { principal: { type: 'user', userEntityRef: 'user:x/bench' } },
  },
};

const server = serverOf('postgres');
const database = `bench_audit_${randomBytes(4).toString('hex')}`;
await execute(server, [`create database ${database}`]);
const knex = knexFactory({
  client: 'pg',
  connection: { ...server, database },
  pool: { min: 1, max: 2 },
});
try {
  await knex.migrate.latest({
    directory: join(root, 'plugins/migrate-hub-backend/migrations'),
  });
  await step(`Inserting ${ask.events} events`, insertEvents);
  const silent = () => undefined;
  const logger = { info: silent, warn: silent, error: console.error };
  const { privateKey } = generateKeyPairSync('ed25519');
  const signer = Signer.create([{ id: '1', key: privateKey }]);
  const chainer = AuditChainer.create({ knex, signer, logger });
  const verifier = AuditVerifier.create({ knex, signer, chainer });
  const verify = async query => {
    const found = await verifier.verify(admin, query);
    if (!found.ok) throw new Error(found.reason);
    return found.checked;
  };

  const rows = [
    await measured('link', async () => {
      await chainer.linkAll();
      return ask.events;
    }),
    await measured('verify from the first event', () => verify({ full: true })),
    await measured('verify what is new (nothing)', () => verify({})),
  ];
  publish('audit-chain', rows, ask);
} finally {
  await knex.destroy();
  await execute(server, [`drop database ${database} with (force)`]);
}

/** How long it took, and the most memory that this process held meanwhile beyond what it had. */
async function measured(what, work) {
  global.gc?.();
  const before = process.memoryUsage().rss;
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 100);
  const start = performance.now();
  const events = await step(what, work);
  const seconds = (performance.now() - start) / 1000;
  clearInterval(watch);
  return {
    what,
    events,
    seconds,
    'events/s': Math.round(events / seconds),
    'memory grew by, MB': Math.round((most - before) / 1e6),
  };
}

/** As the hub writes them, past the triggers: a million rows would wait for those. */
async function insertEvents() {
  const client = await connectPostgres(server, database);
  await client.query('set session_replication_role = replica');
  for (let from = 1; from <= ask.events; from += SLICE) {
    const to = Math.min(ask.events, from + SLICE - 1);
    await client.query(
      `insert into audit_events (id, at, action, entity_type, entity_id, request_id, payload, canonical, hash)
       select id, at, 'run.finished', 'run', 'r' || n, 'bench', payload::jsonb, bytes, encode(sha256(bytes), 'hex')
         from generate_series($1::int, $2::int) n,
      lateral (select lpad(to_hex(n), 12, '0') as tail, timestamptz '2026-01-01' + n * interval '1 second' as at,
                      '{"n":' || n || ',"status":"executed","type":"apply"}' as payload) a,
      lateral (select ('01900000-0000-7000-8000-' || tail)::uuid as id) b,
      lateral (select convert_to('{"action":"run.finished","at":"' ||
                        to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '","entityId":"r' || n ||
                        '","entityType":"run","id":"' || id || '","payload":' || payload ||
                        ',"requestId":"bench","scheme":"migrate-hub/audit/1"}', 'utf8') as bytes) c`,
      [from, to],
    );
  }
  await client.query('insert into audit_outbox select id from audit_events');
  await client.query('analyze');
  await client.end();
}
