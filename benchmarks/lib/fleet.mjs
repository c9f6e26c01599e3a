// Many databases on one server, and the same many as targets of a hub.
import { randomBytes } from 'node:crypto';
import { inParallel } from './inParallel.mjs';
import { execute } from './servers.mjs';

/** Creates `size` empty databases. */
export async function createFleet(server, size) {
  const prefix = `bench_${randomBytes(4).toString('hex')}`;
  const databases = Array.from({ length: size }, (_, n) => `${prefix}_${n}`);
  const create =
    server.kind === 'postgres'
      ? name => `create database ${name} strategy file_copy`
      : name => `create database ${name}`;
  await inParallel(chunks(databases, 50), 2, async names =>
    execute(server, names.map(create)),
  );
  return {
    server,
    databases,
    drop: async () => {
      const drop =
        server.kind === 'postgres'
          ? name => `drop database if exists ${name} with (force)`
          : name => `drop database if exists ${name}`;
      await execute(server, databases.map(drop));
    },
  };
}

/** Makes every database of the fleet a target of one DB set, in a project of its own. */
export async function registerFleet({ user, manager }, fleet, options = {}) {
  const { server, databases } = fleet;
  const project = `bench-${randomBytes(4).toString('hex')}`;
  await manager.post('/projects', { key: project, name: project });
  const dbSet = await user.post('/db-sets', {
    project,
    environment: options.environment ?? 'daily',
    name: project,
  });
  await inParallel(databases, 4, database =>
    user.post('/db-targets', {
      dbSetId: dbSet.id,
      name: database,
      engine: server.engine,
      host: server.host,
      port: server.port,
      database,
      username: server.user,
      password: server.password,
      tls: { mode: 'disable' },
    }),
  );
  return { project, dbSetId: dbSet.id };
}

function chunks(list, size) {
  const pieces = [];
  for (let at = 0; at < list.length; at += size) {
    pieces.push(list.slice(at, at + size));
  }
  return pieces;
}
