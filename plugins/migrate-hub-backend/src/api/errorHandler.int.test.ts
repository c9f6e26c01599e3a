import express from 'express';
import knexFactory from 'knex';
import request from 'supertest';
import { HubError } from '../errors';
import { CapturingLogger } from '../__testUtils__/CapturingLogger';
import { createTestDatabase } from '../testing/testDatabase';
import { errorHandler } from './errorHandler';
import { requestScope } from './requestScope';

/** Answers with the error that `fail` comes to. */
function serve(fail: () => Promise<unknown>) {
  const logger = new CapturingLogger();
  const app = express();
  app.use(requestScope(logger));
  app.get('/', (_req, _res, next) => {
    fail().then(() => next(), next);
  });
  app.use(errorHandler());
  return { app, logger };
}

describe('the error answer', () => {
  it('asks to come back when the database is out of reach', async () => {
    const nobody = knexFactory({
      client: 'pg',
      connection: { host: '127.0.0.1', port: 1, password: 'hunter2' },
    });
    const { app, logger } = serve(() => nobody.raw('select 1'));
    const response = await request(app).get('/');
    await nobody.destroy();
    expect(response.status).toBe(503);
    expect(response.headers['retry-after']).toBe('5');
    expect(response.body.error.code).toBe('UNAVAILABLE');
    expect(logger.lines.join()).toContain('ECONNREFUSED');
    expect(logger.lines.join() + response.text).not.toContain('hunter2');
  });

  it('asks to come back when every connection is taken, or just broke', async () => {
    const { knex, drop } = await createTestDatabase();
    const small = knexFactory({
      ...knex.client.config,
      pool: { min: 0, max: 1 },
      acquireConnectionTimeout: 100,
    });
    const taken = await small.transaction();
    const busy = serve(() => small.raw('select 1'));
    expect((await request(busy.app).get('/')).status).toBe(503);
    await taken.rollback();

    const killed = serve(() =>
      small.raw('select pg_terminate_backend(pg_backend_pid())'),
    );
    expect((await request(killed.app).get('/')).status).toBe(503);
    await small.destroy();
    await drop();
  });

  it('says how long to wait, and only what is meant to be said', async () => {
    const { app, logger } = serve(async () => {
      throw new HubError('TOO_MANY_REQUESTS', 'Too many.', {
        ...{ retryAfterSeconds: 7, details: { limit: 3 } },
        cause: new Error('hunter2'),
      });
    });
    const response = await request(app).get('/?q=hunter2');
    expect(response.status).toBe(429);
    expect(response.headers['retry-after']).toBe('7');
    expect(response.body).toEqual({
      error: {
        ...{ name: 'TooManyRequestsError', code: 'TOO_MANY_REQUESTS' },
        ...{ message: 'Too many.', details: { limit: 3 } },
      },
      request: { method: 'GET', url: '/' },
      requestId: response.headers['x-request-id'],
      response: { statusCode: 429 },
    });
    expect(logger.lines.join()).not.toContain('hunter2');
  });
});
