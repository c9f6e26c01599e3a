// What linking, verifying and exporting the audit trail cost, and what memory they take. See README.md.
import { spawn } from 'node:child_process';
import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
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
const { AuditExporter } = require(`${plugin}/src/services/AuditExporter.ts`);
const { AuditVerifier } = require(`${plugin}/src/services/AuditVerifier.ts`);

const admin = {
  caller: {
    user: { id: randomUUID(), kind: 'person', role: 'admin', disabled: false },
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
const folder = await mkdtemp(join(tmpdir(), 'bench-audit-'));
try {
  await knex.migrate.latest({
    directory: join(root, 'plugins/migrate-hub-backend/migrations'),
  });
  await knex('users').insert({
    ...{ id: admin.caller.user.id, entity_ref: 'user:x/bench', name: 'bench' },
    ...{ kind: 'person', provider: 'local', role: 'admin' },
  });
  await step(`Inserting ${ask.events} events`, insertEvents);
  const silent = () => undefined;
  const logger = { info: silent, warn: silent, error: console.error };
  const { privateKey } = generateKeyPairSync('ed25519');
  const signer = Signer.create([{ id: '1', key: privateKey }]);
  const chainer = AuditChainer.create({ knex, signer, logger });
  const verifier = AuditVerifier.create({ knex, signer, chainer });
  const exporter = AuditExporter.create({ knex, signer, chainer });
  const file = join(folder, 'export.ndjson');
  const key = join(folder, 'public.pem');
  await writeFile(key, signer.verificationKeys[0].publicKey);
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
    await measured('export', async () => {
      const { chunks } = await exporter.export(admin, { format: 'ndjson' });
      await pipeline(Readable.from(chunks), createWriteStream(file));
      return ask.events + 1;
    }),
    await verifiedOffline({ file, key }),
  ];
  publish('audit-chain', rows, ask);
} finally {
  await knex.destroy();
  await rm(folder, { recursive: true });
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

/** The same by the command that knows no hub; its memory is all that it has. */
async function verifiedOffline({ file, key }) {
  const what = 'npm run audit:verify';
  const script = join(root, 'scripts/audit-verify.mjs');
  const start = performance.now();
  const most = await step(what, async () => {
    const child = spawn(process.execPath, [script, file, '--key', key]);
    let peak = 0;
    const watch = setInterval(async () => {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(
        () => '',
      );
      const found = /VmHWM:\s+(\d+) kB/.exec(status);
      if (found) peak = Number(found[1]) * 1024;
    }, 100);
    const code = await new Promise(done => child.once('exit', done));
    clearInterval(watch);
    if (code !== 0) throw new Error(`${what} ended with ${code}`);
    return peak;
  });
  const seconds = (performance.now() - start) / 1000;
  return {
    what,
    events: ask.events + 1,
    seconds,
    'events/s': Math.round((ask.events + 1) / seconds),
    'memory grew by, MB': Math.round(most / 1e6),
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
