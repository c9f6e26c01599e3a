import {
  TestDatabase,
  testServer,
} from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { PostgresDriver } from './PostgresDriver';
import { createTestDatabase } from './testing/createTestDatabase';

const server = testServer('postgres');
const driver = PostgresDriver.create();
let database: TestDatabase;

beforeAll(async () => {
  if (!server) throw new Error('there is no PostgreSQL here');
  database = await createTestDatabase(server);
});
afterAll(() => database?.drop());

const excess = async (change: object = {}) => {
  const { checks, ok } = await driver.test(
    { ...database.connection, ...change },
    { timeoutMs: 10_000 },
  );
  return { ok, ...checks.find(({ name }) => name === 'excess_rights') };
};

it('is content with an account that has its own schema only', async () => {
  const found = await excess({ historySchema: 'public' });
  expect(found).toMatchObject({ ok: true });
  expect(found.warning).toBeUndefined();
});

it('warns of other schemas, and of what reaches beyond the database', async () => {
  await database.query('create schema "their""s"');
  expect(await excess()).toMatchObject({
    ok: true,
    warning: true,
    message: expect.stringContaining('other schemas: their"s'),
  });
  await database.query('reset role');
  const { username } = database.connection;
  await database.query(`alter role ${username} createrole bypassrls`);
  await database.query(`grant pg_write_server_files to ${username}`);
  const { message } = await excess();
  expect(message).toContain('pg_write_server_files');
  expect(message).toContain('CREATEROLE');
  expect(message).toContain('BYPASSRLS');
  expect(await excess({ ...server })).toMatchObject({
    ok: true,
    warning: true,
    message: expect.stringMatching(/ is a superuser, [^;]*$/),
  });
});
