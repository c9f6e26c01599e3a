// Fills the store of a hub with the records of years: see ../README.md.
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import knexFactory from 'knex';
import { step } from '../../scripts/lib/progress.mjs';

const require = createRequire(import.meta.url);
const backend = '../../plugins/migrate-hub-backend/src';
const { Signer } = require(`${backend}/crypto/Signer.ts`);
const { AuditChainer } = require(`${backend}/services/AuditChainer.ts`);
const { RoleGrants } = require(`${backend}/services/RoleGrants.ts`);
const { signApproval } = require(`${backend}/services/approvalEvidence.ts`);

/** Everything. A tenth of it is what a benchmark uses without `--all`. */
const WHOLE = {
  projects: 200,
  people: 400,
  migrations: 100_000,
  items: 1_000_000,
  lines: 10_000_000,
  events: 5_000_000,
};

const FILES = ['inventory', 'migrations', 'runs', 'logs', 'audit'];

/**
 * Fills a store that a hub has prepared: it has its tables, and no records beside its first users.
 *
 * @param options - `connection` for `pg`, of the hub's own database, as a superuser; `signingKey` as
 * the hub has it, with the id '1'; `share` of everything, 0.1 by default
 * @returns how many there are of each
 */
export async function generateData({ connection, signingKey, share = 0.1 }) {
  const sizes = Object.fromEntries(
    Object.entries(WHOLE).map(([name, size]) => [
      name,
      Math.max(10, Math.round(size * share)),
    ]),
  );
  const key = createPrivateKey({
    key: Buffer.from(signingKey, 'base64'),
    format: 'der',
    type: 'pkcs8',
  });
  const signer = Signer.create([{ id: '1', key }]);
  // One connection: what the files make for themselves is gone with it.
  const knex = knexFactory({
    client: 'pg',
    connection,
    pool: { min: 1, max: 1 },
  });
  try {
    await step('Inserting people', () => insertPeople(knex, signer, sizes));
    await prepare(knex, sizes);
    for (const [index, name] of FILES.entries()) {
      const file = new URL(`${index + 1}-${name}.sql`, import.meta.url);
      const sql = readFileSync(fileURLToPath(file), 'utf8');
      // Not `raw`: it takes a question mark for a parameter.
      await step(`Inserting ${name}`, () => onConnection(knex, sql));
      if (name === 'runs') {
        await step('Signing approvals', () => signApprovals(knex, signer));
      }
    }
    await onConnection(knex, `set session_replication_role = origin`);
    await step('Linking the audit trail', () => link(knex, signer));
    await step('Gathering statistics', () =>
      onConnection(knex, 'vacuum analyze'),
    );
    return await count(knex);
  } finally {
    await knex.destroy();
  }
}

async function onConnection(knex, sql) {
  const connection = await knex.client.acquireConnection();
  try {
    return await connection.query(sql);
  } finally {
    await knex.client.releaseConnection(connection);
  }
}

/** With signed roles: of what others sign, the hub takes none. */
async function insertPeople(knex, signer, sizes) {
  const grants = RoleGrants.create(signer);
  await knex.transaction(async tx => {
    for (let n = 0; n < sizes.people; n += 1) {
      await grants.insert(tx, {
        entityRef: `user:default/generated-${n}`,
        kind: 'person',
        provider: 'local',
        email: `person-${n}@example.com`,
        name: `Person ${n}`,
        role: n % 10 === 0 ? 'manager' : 'user',
      });
    }
  });
}

async function prepare(knex, sizes) {
  const settings = Object.entries(sizes).map(
    ([name, size]) => `set generate.${name} = '${size}';`,
  );
  await onConnection(
    knex,
    `${settings.join('\n')}
     -- Neither triggers nor foreign keys: they are what a million rows would wait for.
     set session_replication_role = replica;
     set synchronous_commit = off;
     set work_mem = '256MB';
     set maintenance_work_mem = '512MB';
     set temp_buffers = '256MB';
     set jit = off;
     select setseed(0.42);`,
  );
}

const BATCH = 5_000;

/** A decision for each run that was decided on, as the hub signs it. */
async function signApprovals(knex, signer) {
  for (let after = 0; ; after += BATCH) {
    const { rows } = await knex.raw(
      `select r.approval_id as id, r.id as run, v.digest, w.decider, r.status = 'denied' as denied,
              date_trunc('milliseconds', r.at + interval '30 minutes') as at
         from (select *, row_number() over (order by id) as k from run where status <> 'awaiting_approval') r
         join run_revisions v on v.run_id = r.id
         join roster w on w.n = r.who
        where r.k > ? and r.k <= ?`,
      [after, after + BATCH],
    );
    if (rows.length === 0) return;
    const signed = rows.map(row =>
      signApproval(signer, {
        id: row.id,
        runId: row.run,
        revision: 1,
        digest: row.digest,
        decision: row.denied ? 'deny' : 'approve',
        comment: row.denied ? 'Not in this week.' : undefined,
        approverId: row.decider,
        createdAt: row.at,
      }),
    );
    await knex.raw(
      `insert into approvals (id, run_id, revision, decision, digest, comment, approver_id, created_at,
                              canonical, hash, key_id, signature)
       select id, run_id, 1, decision, digest, comment, approver_id, created_at,
              canonical, encode(sha256(canonical), 'hex'), key_id, signature
         from jsonb_to_recordset(?) as a (id uuid, run_id uuid, decision text, digest text, comment text,
                approver_id uuid, created_at timestamptz, canonical_hex text, key_id text, signature_hex text),
              lateral (select decode(a.canonical_hex, 'hex') as canonical, decode(a.signature_hex, 'hex') as signature) bytes`,
      [
        JSON.stringify(
          signed.map(approval => ({
            id: approval.id,
            run_id: approval.runId,
            decision: approval.decision,
            digest: approval.digest,
            comment: approval.comment,
            approver_id: approval.approverId,
            created_at: approval.createdAt,
            canonical_hex: approval.canonical.toString('hex'),
            key_id: approval.keyId,
            signature_hex: approval.signature.toString('hex'),
          })),
        ),
      ],
    );
  }
}

/** By the hub's own chainer, with its checkpoints. */
async function link(knex, signer) {
  const silent = () => {};
  const logger = { info: silent, warn: silent, error: silent };
  await onConnection(knex, 'analyze audit_events, audit_outbox');
  await AuditChainer.create({ knex, signer, logger }).linkAll();
}

async function count(knex) {
  const { rows } = await knex.raw(`
    select (select count(*)::int from projects) as projects,
           (select count(*)::int from db_targets) as targets,
           (select count(*)::int from migrations) as migrations,
           (select count(*)::int from runs) as runs,
           (select count(*)::int from run_items) as items,
           (select sum(last_seq - first_seq + 1)::int from run_logs) as lines,
           (select count(*)::int from audit_events) as events,
           (select pg_size_pretty(pg_database_size(current_database()))) as size`);
  return rows[0];
}
