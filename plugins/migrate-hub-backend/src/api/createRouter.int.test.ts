import {
  coreServices,
  createServiceFactory,
} from '@backstage/backend-plugin-api';
import {
  mockCredentials,
  mockServices,
  startTestBackend,
  TestBackend,
} from '@backstage/backend-test-utils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { routes } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { waitUntil } from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { Knex } from 'knex';
import request from 'supertest';
import migrateHub from '..';
import { CapturingLogger } from '../__testUtils__/CapturingLogger';
import { testConfig } from '../__testUtils__/testConfig';
import { createTestDatabase } from '../testing/testDatabase';

const PASSWORD = 'hunter2-Correct-Horse';
const base = '/api/migrate-hub/v1';
const ID = '01890000-0000-7000-8000-000000000000';

describe('the API', () => {
  let knex: Knex;
  let drop: () => Promise<void>;
  let backend: TestBackend;
  const logger = new CapturingLogger();
  const denied = new Set<string>();

  beforeAll(async () => {
    ({ knex, drop } = await createTestDatabase());
    backend = await startTestBackend({
      features: [
        migrateHub,
        mockServices.rootConfig.factory({ data: testConfig() }),
        createServiceFactory({
          service: coreServices.rootLogger,
          deps: {},
          factory: () => logger,
        }),
        createServiceFactory({
          service: coreServices.database,
          deps: {},
          factory: () => ({ getClient: async () => knex }),
        }),
        mockServices.permissions.mock({
          authorize: async asked =>
            asked.map(({ permission }) => ({
              result: denied.has(permission.name)
                ? AuthorizeResult.DENY
                : AuthorizeResult.ALLOW,
            })),
        }).factory,
      ],
    });
  });
  afterAll(async () => {
    await backend.stop();
    await drop();
  });

  const post = (path: string, body: string | Buffer, headers = {}) =>
    request(backend.server)
      .post(`${base}${path}`)
      .set({ 'Content-Type': 'application/json', ...headers })
      .serialize(sent => sent as unknown as string)
      .send(body as string);

  const project = (key: string) =>
    JSON.stringify({ key, name: 'A project', description: PASSWORD });

  const target = (change: object) =>
    JSON.stringify({
      dbSetId: ID,
      name: 'main',
      engine: 'postgres',
      host: 'db.example.com',
      port: 5432,
      database: 'app',
      username: 'app',
      password: PASSWORD,
      ...change,
    });

  const migration = (change: object) =>
    JSON.stringify({
      project: 'auth',
      key: 'add-users',
      name: 'Add users',
      sqlUp: `create user app password '${PASSWORD}'`,
      ...change,
    });

  const bad: [
    story: string,
    path: string,
    body: string | Buffer,
    expected: { status: number; code: string; says: RegExp; headers?: object },
  ][] = [
    [
      'JSON that breaks off after the password',
      '/db-targets',
      `{\n  "password": "${PASSWORD}",\n  "port": 54x2 }`,
      { status: 400, code: 'INVALID_BODY', says: /line 3, column 13/ },
    ],
    [
      'a password that is no JSON at all',
      '/db-targets/test',
      PASSWORD,
      { status: 400, code: 'INVALID_BODY', says: /line 1, column 1/ },
    ],
    [
      'JSON that ends too early',
      '/db-targets',
      `{"password": "${PASSWORD}`,
      { status: 400, code: 'INVALID_BODY', says: /line 1/ },
    ],
    [
      'a list instead of an object',
      '/db-targets',
      `["${PASSWORD}"]`,
      {
        status: 400,
        code: 'INVALID_INPUT',
        says: /The body must be an object/,
      },
    ],
    [
      'nothing at all',
      '/projects',
      '',
      { status: 400, code: 'INVALID_INPUT', says: /'key' is required/ },
    ],
    [
      'a form instead of JSON',
      '/db-targets',
      `password=${PASSWORD}`,
      {
        status: 400,
        code: 'INVALID_BODY',
        says: /Content-Type/,
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      },
    ],
    [
      'another encoding of text',
      '/projects',
      Buffer.from(project('latin'), 'latin1'),
      {
        status: 400,
        code: 'INVALID_BODY',
        says: /UTF-8/,
        headers: { 'Content-Type': 'application/json; charset=latin1' },
      },
    ],
    [
      'bytes that are not UTF-8',
      '/migrations',
      Buffer.concat([
        Buffer.from('{"sqlUp": "select \''),
        Buffer.from([0xff, 0xfe]),
        Buffer.from(`${PASSWORD}'"}`),
      ]),
      { status: 400, code: 'INVALID_BODY', says: /UTF-8/ },
    ],
    [
      'a NUL in SQL',
      '/migrations',
      migration({ sqlUp: `select '${PASSWORD}\u0000'` }),
      { status: 400, code: 'INVALID_INPUT', says: /'sqlUp'.*NUL/ },
    ],
    [
      'half a character in SQL',
      '/migrations',
      migration({ sqlUp: `x`, sqlDown: `select '\ud800'` }),
      { status: 400, code: 'INVALID_INPUT', says: /'sqlDown'.*Unicode/ },
    ],
    [
      'an unknown field',
      '/db-targets',
      target({ pasword: PASSWORD }),
      { status: 400, code: 'INVALID_INPUT', says: /'pasword' is not a known/ },
    ],
    [
      'an unknown field further in',
      '/db-targets',
      target({ tls: { mode: 'disable', key: PASSWORD } }),
      { status: 400, code: 'INVALID_INPUT', says: /'tls.key' is not a known/ },
    ],
    [
      'a field called __proto__',
      '/projects',
      `{"key": "a", "name": "A", "__proto__": {"role": "admin"}}`,
      { status: 400, code: 'INVALID_INPUT', says: /'__proto__'/ },
    ],
    [
      'a password that is a number',
      '/db-targets',
      target({ password: 12345678 }),
      {
        status: 400,
        code: 'INVALID_INPUT',
        says: /'password' must be a string/,
      },
    ],
    [
      'a port that is a password',
      '/db-targets',
      target({ port: PASSWORD }),
      { status: 400, code: 'INVALID_INPUT', says: /'port' must be a/ },
    ],
    [
      'an engine that is a password',
      '/db-targets',
      target({ engine: PASSWORD }),
      {
        status: 400,
        code: 'INVALID_INPUT',
        says: /'engine' must be one of postgres, mysql/,
      },
    ],
    [
      'a socket path as host',
      '/db-targets',
      target({ host: '/var/run/postgresql' }),
      { status: 400, code: 'INVALID_INPUT', says: /'host'/ },
    ],
    [
      'a key with odd characters',
      '/projects',
      project("a'; drop table projects; --"),
      { status: 400, code: 'INVALID_INPUT', says: /'key' must be 1 to 200/ },
    ],
    [
      'a name with a line break',
      '/projects',
      JSON.stringify({ key: 'ok', name: 'two\nlines' }),
      { status: 400, code: 'INVALID_INPUT', says: /'name'.*control/ },
    ],
    [
      'an id that is none',
      '/db-targets',
      target({ dbSetId: `' or 1=1 --` }),
      { status: 400, code: 'INVALID_INPUT', says: /'dbSetId' must be a UUID/ },
    ],
    [
      'a set that does not exist',
      '/db-targets',
      target({}),
      { status: 404, code: 'NOT_FOUND', says: /no DB set/ },
    ],
    [
      'an environment that does not exist',
      '/db-sets',
      JSON.stringify({ project: 'auth', environment: 'moon', name: 'x' }),
      { status: 400, code: 'UNKNOWN_ENVIRONMENT', says: /daily, stg, prd/ },
    ],
    [
      'a project that does not exist',
      '/migrations',
      migration({}),
      { status: 404, code: 'NOT_FOUND', says: /no project 'auth'/ },
    ],
    [
      'a megabyte and more of description',
      '/projects',
      JSON.stringify({ key: 'a', name: PASSWORD.repeat(60_000) }),
      { status: 413, code: 'BODY_TOO_LARGE', says: /1 MB/ },
    ],
    [
      'sixty megabytes and more of SQL',
      '/migrations',
      migration({ sqlUp: PASSWORD.repeat(3_200_000) }),
      { status: 413, code: 'BODY_TOO_LARGE', says: /60 MB/ },
    ],
    [
      'brackets without end',
      '/projects',
      '['.repeat(500_000),
      { status: 400, code: 'INVALID_BODY', says: /column 500001/ },
    ],
    [
      'megabytes of SQL that break off',
      '/migrations',
      migration({ sqlUp: `${PASSWORD}\n`.repeat(100_000) }).slice(0, -2),
      { status: 400, code: 'INVALID_BODY', says: /line 1, column 2\d{6}/ },
    ],
    [
      'megabytes of SQL with bytes that are not UTF-8',
      '/migrations',
      Buffer.concat([
        Buffer.from(`{"sqlUp": "${PASSWORD.repeat(100_000)}`),
        Buffer.from([0xff]),
        Buffer.from('"}'),
      ]),
      { status: 400, code: 'INVALID_BODY', says: /UTF-8/ },
    ],
    [
      'megabytes of brackets that all end',
      '/migrations',
      `${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`,
      { status: 400, code: 'INVALID_BODY', says: /too deeply/ },
    ],
    [
      'an idempotency key with a space',
      '/projects',
      project('b'),
      {
        status: 400,
        code: 'INVALID_INPUT',
        says: /Idempotency-Key/,
        headers: { 'Idempotency-Key': 'a b' },
      },
    ],
    [
      'a run of a migration that does not exist',
      `/migrations/${ID}/runs`,
      JSON.stringify({ environment: 'stg', dbSetIds: [ID] }),
      { status: 404, code: 'NOT_FOUND', says: /no migration/ },
    ],
    [
      'an approval without a digest',
      `/runs/${ID}/approvals`,
      '{"decision": "approve"}',
      { status: 400, code: 'INVALID_INPUT', says: /'digest' is required/ },
    ],
    [
      'a route that does not exist',
      `/sql`,
      JSON.stringify({ sql: PASSWORD }),
      { status: 404, code: 'NOT_FOUND', says: /POST route/ },
    ],
  ];

  it.each(bad)(
    'refuses %s, says why, and repeats nothing of it',
    async (_story, path, body, expected) => {
      const response = await post(path, body, expected.headers);
      expect(response.body).toMatchObject({
        error: {
          code: expected.code,
          message: expect.stringMatching(expected.says),
        },
        request: { method: 'POST' },
        response: { statusCode: expected.status },
        requestId: response.headers['x-request-id'],
      });
      expect(response.status).toBe(expected.status);
      expect(response.text).not.toContain('hunter2');
      await waitUntil('the line in the log', () =>
        logger.lines.some(line => line.includes(response.body.requestId)),
      );
      expect(logger.lines.join()).not.toContain('hunter2');
      for (const table of ['projects', 'db_targets', 'migrations']) {
        expect(await knex(table)).toEqual([]);
      }
    },
  );

  it.each([
    ['/projects?limit=0', 400, /'limit' must be at least 1/],
    ['/projects?limit=many', 400, /'limit' must be a/],
    ['/projects?limit=1&limit=2', 400, /'limit'/],
    ['/projects?colour=red', 400, /'colour' is not a known/],
    ['/projects?archived=maybe', 400, /'archived' must be one of/],
    ['/projects?cursor=nonsense', 400, /cursor/],
    ['/projects?q=%00', 400, /'q'.*NUL/],
    ['/projects/no-such-project', 404, /no project 'no-such-project'/],
    ['/projects/%E0%A4%A', 400, /address/],
    ['/projects/a%00b', 400, /'key'/],
    ['/db-sets/42', 400, /'id' must be a UUID/],
    [`/db-sets/${ID}`, 404, /no DB set/],
    [`/db-targets/${ID}`, 404, /no DB target/],
    [`/db-targets?environment=moon`, 400, /no environment 'moon'/],
    [`/migrations/${ID}`, 404, /no migration/],
    [`/migrations/${ID}/versions/0`, 400, /'version'/],
    [`/runs/${ID}`, 404, /no run/],
    [`/runs/${ID}/logs`, 404, /no run/],
    [`/runs/${ID}/stream`, 404, /no run/],
    [`/run-items/${ID}/statements`, 404, /no run item/],
    ['/runs?status=lost', 400, /'status.0' must be one of/],
    ['/me?as=admin', 400, /'as' is not a known/],
    ['/audit-events', 403, /Only managers or admins/],
    ['/users', 403, /Only admins/],
  ])('answers GET %s with %i and the reason', async (path, status, says) => {
    const response = await request(backend.server).get(`${base}${path}`);
    expect(response.body.error?.message).toMatch(says);
    expect(response.status).toBe(status);
  });

  it('asks for a token, with a code, everywhere but for its own description', async () => {
    const none = { Authorization: mockCredentials.none.header() };
    for (const path of ['/me', '/projects', '/runs', `/runs/${ID}/stream`]) {
      const response = await request(backend.server)
        .get(`${base}${path}`)
        .set(none);
      expect(response.status).toBe(401);
      expect(response.body.error.code).toBe('NOT_SIGNED_IN');
      expect(response.headers['x-request-id']).toBe(response.body.requestId);
    }
    const description = await request(backend.server)
      .get(`${base}/openapi.json`)
      .set(none);
    expect(description.status).toBe(200);
    const operations = Object.values<Record<string, { operationId: string }>>(
      description.body.paths,
    ).flatMap(methods => Object.values(methods));
    expect(operations.map(({ operationId }) => operationId).sort()).toEqual(
      Object.keys(routes).sort(),
    );
  });

  it('lets the policy of the company narrow what somebody may do', async () => {
    denied.add(routes.createProject.permission.name);
    const response = await post('/projects', project('narrow'));
    denied.clear();
    expect(response.status).toBe(403);
    expect(response.body.error).toMatchObject({
      code: 'PERMISSION_DENIED',
      details: { permission: 'migrate-hub.inventory.write' },
    });
  });

  it('keeps the auth routes to the auth plugin', async () => {
    const send = (authorization: string) =>
      request(backend.server)
        .post('/api/migrate-hub/internal/sessions/refresh')
        .set({ Authorization: authorization })
        .send({ sessionId: 'unknown' });

    for (const header of [
      mockCredentials.user.header(),
      mockCredentials.service.header({
        onBehalfOf: mockCredentials.service('plugin:catalog'),
        targetPluginId: 'migrate-hub',
      }),
    ]) {
      const refused = await send(header);
      expect(refused.status).toBe(403);
      expect(refused.body.error.code).toBe('PERMISSION_DENIED');
    }
    const known = await send(
      mockCredentials.service.header({
        onBehalfOf: mockCredentials.service('plugin:auth'),
        targetPluginId: 'migrate-hub',
      }),
    );
    expect(known.body.error.code).toBe('NOT_SIGNED_IN');
  });

  it('says who I am, and names the request in answer, log and audit trail', async () => {
    const me = await request(backend.server)
      .get(`${base}/me`)
      .set('X-Request-Id', 'my-request.1');
    expect(me.status).toBe(200);
    expect(routes.getMe.response.parse(me.body).user.role).toBe('user');
    expect(me.headers['x-request-id']).toBe('my-request.1');
    const line = () =>
      logger.lines.find(one => one.includes('"route":"/me","status":200'));
    await waitUntil('the line in the log', () => line() !== undefined);
    expect(JSON.parse(line() ?? '')).toMatchObject({
      requestId: 'my-request.1',
      userId: me.body.user.id,
      method: 'GET',
      durationMs: expect.any(Number),
    });

    const runId = '0190a000-0000-7000-8000-00000000dead';
    await request(backend.server).get(`${base}/runs/${runId}`).expect(404);
    await waitUntil('the run is named', () =>
      logger.lines.some(
        one =>
          one.includes('"type":"request"') &&
          one.includes(`"runId":"${runId}"`),
      ),
    );

    const odd = await request(backend.server)
      .get(`${base}/me`)
      .set('X-Request-Id', 'a"b');
    expect(odd.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('answers a POST that is sent again with the first answer', async () => {
    const key = { 'Idempotency-Key': 'once', 'X-Request-Id': 'creating' };
    const [first, again] = await Promise.all([
      post('/projects', project('once'), key),
      post('/projects', project('once'), key),
    ]);
    expect(first.status).toBe(201);
    expect(again.status).toBe(201);
    expect(again.body).toEqual(first.body);
    routes.createProject.response.parse(first.body);
    const other = await post('/projects', project('other'), key);
    expect(other.status).toBe(409);
    expect(other.body.error.code).toBe('IDEMPOTENCY_KEY_REUSED');

    expect(await knex('projects')).toHaveLength(1);
    const events = await knex('audit_events').where({
      action: 'project.created',
    });
    expect(events).toMatchObject([{ request_id: 'creating' }]);
  });

  it('fails without telling what was sent or how the hub is built', async () => {
    await knex.raw('alter table projects rename column entity_ref to gone');
    const response = await post('/projects', project('broken'));
    await knex.raw('alter table projects rename column gone to entity_ref');
    expect(response.status).toBe(500);
    expect(response.body.error).toEqual({
      name: 'Error',
      code: 'INTERNAL',
      message: expect.stringContaining(response.body.requestId),
    });
    const lines = logger.lines.filter(
      line => line.includes(response.body.requestId) && line.includes('42703'),
    );
    expect(lines).toHaveLength(1);
    expect(logger.lines.join()).not.toContain('hunter2');
  });

  it('shows metrics to Prometheus at the root', async () => {
    const metrics = await request(backend.server).get('/metrics');
    expect(metrics.text).toContain('migrate_hub_runs_started_total 0');
  });
});
