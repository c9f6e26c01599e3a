import { authServiceFactory } from '@backstage/backend-defaults/auth';
import { httpAuthServiceFactory } from '@backstage/backend-defaults/httpAuth';
import {
  TestBackend,
  mockServices,
  startTestBackend,
} from '@backstage/backend-test-utils';
import authPlugin from '@backstage/plugin-auth-backend';
import {
  plantSecret,
  testServer,
} from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { randomBytes } from 'crypto';
import knexFactory from 'knex';
import request from 'supertest';
import authModule from './index';
import { HubStandIn } from './__testUtils__/HubStandIn';

const ORIGIN = 'https://portal.example.com';
const PASSWORD = plantSecret();

describe('the provider local', () => {
  const prefix = `mh_auth_${randomBytes(4).toString('hex')}_`;
  let backend: TestBackend;
  let hub: HubStandIn;

  async function start(options: { providers: object }) {
    const server = testServer('postgres');
    if (!server)
      throw new Error('Backstage cannot be tested without a database');
    const { host, port, username: user, password } = server;
    hub = new HubStandIn(PASSWORD);
    backend = await startTestBackend({
      features: [
        authPlugin,
        authModule,
        hub.feature,
        authServiceFactory,
        httpAuthServiceFactory,
        mockServices.rootConfig.factory({
          data: {
            app: { baseUrl: ORIGIN },
            backend: {
              baseUrl: ORIGIN,
              database: {
                client: 'pg',
                prefix,
                connection: { host, port, user, password },
              },
            },
            auth: { environment: 'test', providers: options.providers },
          },
        }),
      ],
    });
  }

  afterEach(async () => {
    await backend.stop();
  });
  afterAll(async () => {
    const server = testServer('postgres');
    if (!server) return;
    const { host, port, username: user, password } = server;
    const admin = knexFactory({
      client: 'pg',
      connection: { host, port, user, password, database: 'postgres' },
    });
    const { rows } = await admin.raw(
      `select datname from pg_database where datname like ?`,
      [`${prefix}%`],
    );
    for (const { datname } of rows) {
      await admin.raw(`drop database ?? with (force)`, [datname]);
    }
    await admin.destroy();
  });

  const post = (path: string, headers: Record<string, string> = {}) =>
    request(backend.server)
      .post(`/api/auth/local${path}`)
      .set({
        Origin: ORIGIN,
        'X-Requested-With': 'XMLHttpRequest',
        ...headers,
      });
  const signIn = () =>
    post('/refresh').send({ email: 'user@example.com', password: PASSWORD });
  const cookieOf = (response: request.Response) =>
    response.get('Set-Cookie')?.[0] ?? '';

  describe('where it is configured', () => {
    beforeEach(() => start({ providers: { local: {} } }));

    it('signs in, goes on after a reload, and signs out', async () => {
      const entered = await signIn()
        .set('User-Agent', 'Firefox')
        .set('X-Request-Id', 'request-1')
        .expect(200)
        .expect('Cache-Control', 'no-store');
      expect(entered.body).toEqual({
        profile: { email: 'user@example.com', displayName: 'Uma User' },
        providerInfo: {},
        backstageIdentity: {
          token: expect.any(String),
          expiresInSeconds: expect.any(Number),
          identity: {
            type: 'user',
            userEntityRef: 'user:default/u-1234',
            ownershipEntityRefs: ['user:default/u-1234'],
          },
        },
      });
      const claims = JSON.parse(
        Buffer.from(
          entered.body.backstageIdentity.token.split('.')[1],
          'base64url',
        ).toString(),
      );
      expect(claims).toMatchObject({
        sub: 'user:default/u-1234',
        sid: '01936d5c-0000-7000-8000-000000000001',
      });
      expect(cookieOf(entered)).toMatch(
        /^migrate-hub-local=opaque-1; Path=\/api\/auth\/local; Expires=.*; HttpOnly; SameSite=Lax$/,
      );
      expect(hub.received).toEqual([
        {
          path: '/sessions/local',
          caller: 'plugin:auth',
          body: {
            email: 'user@example.com',
            password: PASSWORD,
            address: expect.any(String),
            agent: 'Firefox',
            requestId: 'request-1',
          },
        },
      ]);

      const [cookie] = cookieOf(entered).split(';');
      const again = await post('/refresh', { Cookie: cookie }).expect(200);
      expect(again.body.profile.displayName).toBe('Uma User');
      await request(backend.server)
        .get('/api/auth/local/refresh')
        .set({
          Cookie: cookie,
          'X-Requested-With': 'XMLHttpRequest',
          'Sec-Fetch-Site': 'same-origin',
        })
        .expect(200);

      const left = await post('/logout', { Cookie: cookie }).expect(200);
      expect(cookieOf(left)).toMatch(
        /^migrate-hub-local=; Path=\/api\/auth\/local; Expires=Thu, 01 Jan 1970/,
      );
      const after = await post('/refresh', { Cookie: cookie }).expect(401);
      expect(after.body.error).toMatchObject({
        name: 'AuthenticationError',
        code: 'NOT_SIGNED_IN',
      });
    });

    it('passes on why the hub lets nobody in', async () => {
      const wrong = await post('/refresh')
        .send({ email: 'user@example.com', password: 'wrong' })
        .expect(401);
      expect(wrong.body.error).toMatchObject({
        code: 'NOT_SIGNED_IN',
        message: 'The hub says 401.',
      });
      expect(cookieOf(wrong)).toBe('');

      hub.refuseWith = { status: 403, code: 'USER_DISABLED' };
      const disabled = await signIn().expect(403);
      expect(disabled.body.error.code).toBe('USER_DISABLED');

      hub.refuseWith = {
        status: 429,
        code: 'TOO_MANY_REQUESTS',
        retryAfter: '900',
      };
      await signIn().expect(429).expect('Retry-After', '900');

      await post('/refresh').expect(401);
    });

    it('says that the hub is away, and keeps the cookie for the next try', async () => {
      for (const refusal of [
        { status: 500 },
        { status: 404 },
        { status: 401 },
        { status: 403, code: 'PERMISSION_DENIED' },
      ]) {
        hub.refuseWith = refusal;
        const response = await post('/logout', {
          Cookie: 'migrate-hub-local=opaque-1',
        }).expect(503);
        expect(response.body.error).toMatchObject({
          name: 'ServiceUnavailableError',
          code: 'UNAVAILABLE',
        });
        expect(cookieOf(response)).toBe('');
        await signIn().expect(503);
      }
    });

    it('is for pages of the portal only', async () => {
      const before = hub.received.length;
      const forged: Record<string, string>[] = [
        { Origin: 'https://evil.example.org' },
        { Origin: `${ORIGIN}.evil.example.org` },
        { Origin: 'null' },
        { 'X-Requested-With': 'fetch' },
      ];
      for (const headers of forged) {
        for (const path of ['/refresh', '/logout']) {
          await post(path, { Cookie: 'migrate-hub-local=x', ...headers })
            .send({ email: 'user@example.com', password: PASSWORD })
            .expect(403);
        }
      }
      const get = request(backend.server).get('/api/auth/local/refresh');
      await get
        .set({
          Cookie: 'migrate-hub-local=x',
          'X-Requested-With': 'XMLHttpRequest',
          'Sec-Fetch-Site': 'same-site',
        })
        .expect(403);
      expect(hub.received).toHaveLength(before);
    });

    it('never repeats a password that it could not read', async () => {
      const secret = 'hunter2hunter2';
      for (const [type, body] of [
        [
          'application/json',
          `{"email":"user@example.com","password":"${secret}`,
        ],
        ['application/json', `"${secret}"`],
        ['application/json', `{"password":"${secret}"}`],
        ['application/json', `{"email":"a","password":"b","pass":"${secret}"}`],
        ['application/json', `{"password":"${secret.repeat(2000)}"}`],
        ['application/json; charset=latin7', `{"password":"${secret}"}`],
        ['application/x-www-form-urlencoded', `password=${secret}`],
        ['text/plain', secret],
      ]) {
        const response = await post('/refresh', { 'Content-Type': type })
          .send(body)
          .expect(400);
        expect(response.text).not.toContain('hunter');
      }
      expect(hub.received).toEqual([]);
    });

    it('has no redirect', async () => {
      const response = await request(backend.server)
        .get('/api/auth/local/start')
        .expect(404);
      expect(response.body.error.message).toContain('no redirect');
    });
  });

  it('is off without the config', async () => {
    await start({ providers: {} });
    await signIn().expect(404);
    expect(hub.received).toEqual([]);
  });
});
