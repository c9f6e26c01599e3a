import {
  secretWatch,
  testServer,
} from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { randomBytes } from 'crypto';
import knexFactory, { Knex } from 'knex';
import { openDatabase } from '../store/Database';

/**
 * A database of its own on the real test server, with the hub's schema.
 * `drop` closes and removes it.
 */
export async function createTestDatabase(): Promise<{
  knex: Knex;
  drop: () => Promise<void>;
}> {
  const server = testServer('postgres');
  if (!server) throw new Error('the hub cannot be tested without PostgreSQL');
  const { host, port, username: user, password } = server;
  const connect = (database: string) =>
    knexFactory({
      client: 'pg',
      connection: { host, port, user, password, database },
      pool: { min: 0, max: 8 },
    });

  const name = `migrate_hub_test_${randomBytes(6).toString('hex')}`;
  const admin = connect('postgres');
  await admin.raw(`create database ??`, [name]);
  const knex = connect(name);
  await openDatabase({ getClient: async () => knex });
  return {
    knex,
    drop: async () => {
      await knex.destroy();
      const last = connect(name);
      await secretWatch.lookIntoTables(
        'the records',
        async sql => (await last.raw(sql)).rows,
      );
      await last.destroy();
      await admin.raw(`drop database ?? with (force)`, [name]);
      await admin.destroy();
      secretWatch.assertNothingFound();
    },
  };
}
