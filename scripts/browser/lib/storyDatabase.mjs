// A database of its own for a story, on the test server.
import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** The server: `{ host, port, user, password }`, a superuser's. */
const server = JSON.parse(process.env.MIGRATE_HUB_BROWSER_POSTGRES ?? '{}');

export async function createStoryDatabase() {
  const database = `story_${randomBytes(4).toString('hex')}`;
  const admin = new pg.Client({ ...server, database: 'postgres' });
  await admin.connect();
  await admin.query(`create database ${database}`);
  const own = new pg.Client({ ...server, database });
  await own.connect();
  const rows = async sql => (await own.query(sql)).rows;
  return {
    connection: {
      host: server.host,
      port: server.port,
      database,
      username: server.user,
      password: server.password,
    },
    /** Tables other than the hub's own. */
    async tables() {
      const found = await rows(
        "select tablename from pg_tables where schemaname = 'public' and tablename not like 'migrations%' order by 1",
      );
      return found.map(({ tablename }) => tablename);
    },
    history: () => rows('select * from migrations'),
    rows,
    /** Nobody writes into the table until the returned function is called. */
    async lock(table) {
      const holder = new pg.Client({ ...server, database });
      await holder.connect();
      await holder.query(`begin; lock table ${table} in exclusive mode`);
      return () => holder.end();
    },
    async drop() {
      await own.end();
      await admin.query(`drop database ${database} with (force)`);
      await admin.end();
    },
  };
}
