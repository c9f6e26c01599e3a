// The databases that the demo targets point at: made once, never touched again by us.
import { demoDatabases, demoProjects, demoRole } from './inventory.mjs';

/** Makes the demo role and databases that are missing, on each server that is running. */
export async function createDemoDatabases({ servers, password }) {
  for (const project of demoProjects(Object.keys(servers))) {
    const { url } = servers[project.engine];
    const create = project.engine === 'mysql' ? onMysql : onPostgres;
    await create({ url, password, databases: demoDatabases(project) });
  }
}

async function onPostgres({ url, password, databases }) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const roles = await client.query(
      'select 1 from pg_roles where rolname = $1',
      [demoRole],
    );
    if (roles.rowCount === 0) await client.query(`create role ${demoRole}`);
    await client.query(
      `alter role ${demoRole} with login password '${password}'`,
    );
    for (const database of databases) {
      const found = await client.query(
        'select 1 from pg_database where datname = $1',
        [database],
      );
      if (found.rowCount > 0) continue;
      await client.query(`create database ${database} owner ${demoRole}`);
    }
  } finally {
    await client.end();
  }
}

async function onMysql({ url, password, databases }) {
  const { default: mysql } = await import('mysql2/promise');
  const connection = await mysql.createConnection({ uri: url });
  try {
    const account = `'${demoRole}'@'%'`;
    await connection.query(
      `create user if not exists ${account} identified by '${password}'`,
    );
    for (const database of databases) {
      await connection.query(
        `create database if not exists ${database} character set utf8mb4`,
      );
      await connection.query(`grant all on ${database}.* to ${account}`);
    }
  } finally {
    await connection.end();
  }
}
