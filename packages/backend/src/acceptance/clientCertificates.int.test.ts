import {
  secretWatch,
  testServer,
  TestServerName,
  waitUntil,
} from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { PrivateServer } from '../faults/__testUtils__/PrivateServer';
import { withSession } from '../faults/__testUtils__/sql';
import { World } from './__testUtils__/World';

jest.setTimeout(240_000);

const everyEngine: TestServerName[] = ['postgres', 'mariadb', 'mysql'];
const engines = everyEngine.filter(engine => testServer(engine));
const account = 'migrate-hub';
const variable = (engine: TestServerName) => `CERTIFICATE_${engine}`;

let world: World;
const servers = new Map<TestServerName, PrivateServer>();

/** When PostgreSQL last read its settings, as a new session sees it. */
const loadedAt = (server: PrivateServer) =>
  withSession(server.address, undefined, async session => {
    const [row] = await session.query('select pg_conf_load_time()::text as at');
    return row.at;
  });

/** Makes the server take the account only with a certificate, and gives it a database. */
async function demandCertificate(server: PrivateServer): Promise<void> {
  const statements =
    server.engine === 'postgres'
      ? [
          `create role "${account}" login`,
          `create database shop owner "${account}"`,
          `do $$ begin execute format('copy (values (%L), (%L)) to %L',
             'hostssl all "${account}" all cert', 'host all all all scram-sha-256',
             current_setting('hba_file')); end $$`,
        ]
      : [
          `create user '${account}'@'%' identified by 'pw' require x509`,
          'create database shop',
          `grant all on shop.* to '${account}'@'%'`,
        ];
  await withSession(server.address, undefined, async session => {
    for (const sql of statements) await session.query(sql);
    if (server.engine !== 'postgres') return;
    const before = await loadedAt(server);
    await session.query('select pg_reload_conf()');
    await waitUntil(
      'PostgreSQL reads its settings again',
      async () => (await loadedAt(server)) !== before,
    );
  });
}

beforeAll(async () => {
  await Promise.all(
    engines.map(async engine => {
      const server = await PrivateServer.start(engine, { tls: true });
      servers.set(engine, server);
      await demandCertificate(server);
    }),
  );
  for (const [engine, { tls }] of servers) {
    // A line of it alone gives most of it away.
    const [, , line] = tls.key.split('\n');
    secretWatch.add(`the client key for ${engine}`, line);
  }
  world = await World.create({
    settings: { secrets: { env: { allow: ['CERTIFICATE_*'] } } },
    environment: Object.fromEntries(
      [...servers].map(([engine, { tls }]) => [
        variable(engine),
        `${tls.key}\n${tls.certificate}`,
      ]),
    ),
  });
});
afterAll(async () => {
  await world?.hub.stop();
  for (const server of servers.values()) await server.stop();
});

/** Failed checks by name; empty if all is well. */
const failedOf = (test: { checks: { name: string; ok: boolean }[] }) =>
  test.checks.filter(({ ok }) => !ok).map(({ name }) => name);

it.each(engines)('runs where %s asks for a client certificate', async name => {
  const { user, manager, admin, hub } = world;
  const server = servers.get(name);
  const stranger = servers.get(name === 'mysql' ? 'postgres' : 'mysql');
  if (!server || !stranger) throw new Error('a server is missing');
  const { ca, certificate, key } = server.tls;
  const clientCertificate = { certificate, key };
  const connection = {
    engine: name === 'postgres' ? ('postgres' as const) : ('mysql' as const),
    ...{ host: 'localhost', port: server.address.port, database: 'shop' },
    ...{ username: account, password: name === 'postgres' ? undefined : 'pw' },
    tls: { mode: 'verify-full' as const, ca },
  };
  const test = (input: object) =>
    user.call('testConnection', { body: { ...connection, ...input } });
  expect(failedOf(await test({ clientCertificate }))).toEqual([]);
  // Whether TLS or the account says no is the server's choice.
  const no = expect.arrayContaining([expect.stringMatching(/tls|authent/)]);
  expect(failedOf(await test({ password: 'pw' }))).toEqual(no);
  const { tls: theirs } = stranger;
  expect(
    failedOf(
      await test({
        clientCertificate: { certificate: theirs.certificate, key: theirs.key },
      }),
    ),
  ).toEqual(no);
  for (const [input, path] of [
    [{ clientCertificate: { certificate, key: theirs.key } }, /\.key$/],
    [{ clientCertificate: { certificate: key, key } }, /\.certificate$/],
    [{ clientCertificate, tls: { mode: 'disable' } }, /^tls$/],
  ] as const) {
    const body = { ...connection, ...input };
    const refused = await user.refused('testConnection', { body });
    expect(refused).toMatchObject({
      ...{ status: 400, code: 'INVALID_INPUT' },
      details: { issues: [{ path: expect.stringMatching(path) }] },
    });
    expect(JSON.stringify(refused)).not.toContain('PRIVATE KEY');
  }

  const project = `certified-${name}`;
  await user.call('createProject', { body: { key: project, name: project } });
  const set = await user.call('createDbSet', {
    body: { project, environment: 'stg', name: project },
  });
  const target = await user.call('createDbTarget', {
    body: { dbSetId: set.id, name: 'shop', ...connection, clientCertificate },
  });
  expect(target).toMatchObject({
    lastTest: { ok: true },
    clientCertificate: {
      subject: `CN=${account}`,
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
    },
  });
  const migration = await user.call('createMigration', {
    body: {
      ...{ project, key: project, name: project },
      sqlUp: 'create table certified (id int primary key);',
    },
  });
  const run = await user.call('requestRun', {
    params: { id: migration.id },
    body: { environment: 'stg', dbSetIds: [set.id], type: 'apply' },
  });
  // A new certificate, like a new password, is no other server: what was approved stays.
  await world.approve(run);
  const params = { id: target.id };
  const { revision } = await user.call('getDbTarget', { params });
  const from = { from: 'env', name: variable(name) };
  const outside = {
    ...{ expectedRevision: revision, clientCertificateFrom: from },
  };
  const refusedUser = await user.refused('updateDbTarget', {
    ...{ params, body: outside },
  });
  expect(refusedUser.code).toBe('ROLE_REQUIRED');
  const kept = await admin.call('updateDbTarget', { params, body: outside });
  expect(kept).toMatchObject({
    lastTest: { ok: true },
    clientCertificate: { from },
  });
  expect((await world.executed(user, run)).status).toBe('executed');
  const rows = await withSession(server.address, 'shop', session =>
    session.query('select * from certified'),
  );
  expect(rows).toEqual([]);

  const elsewhere = {
    ...{ expectedRevision: kept.revision, password: 'other', port: 1 },
  };
  expect(
    await admin.refused('updateDbTarget', { params, body: elsewhere }),
  ).toMatchObject({
    code: 'PASSWORD_REQUIRED',
    message: expect.stringContaining('client certificate'),
  });
  const without = await user.call('updateDbTarget', {
    params,
    body: { expectedRevision: kept.revision, clientCertificate: null },
  });
  expect(without.clientCertificate).toBeUndefined();
  expect(failedOf(without.lastTest ?? { checks: [] })).toEqual(no);

  const events = await manager.call('listAuditEvents', {
    query: { entityId: target.id },
  });
  expect(JSON.stringify(events)).toContain('fingerprint');
  for (const text of [JSON.stringify(events), hub.output]) {
    expect(text).not.toContain('PRIVATE KEY');
  }
});
