// Fills an empty hub with the demo over its own REST API: what a person could have typed.
// Running it again changes nothing, except the address of a server that has moved.
import { demoAccounts } from '../secrets.mjs';
import { signIn } from './hubClient.mjs';
import { demoProjects, demoRole } from './inventory.mjs';

export async function seedDemo({ backendUrl, appUrl, servers, secrets }) {
  const [user, , admin] = demoAccounts(secrets);
  const asAdmin = await signIn({ backendUrl, appUrl, ...admin });
  const asUser = await signIn({ backendUrl, appUrl, ...user });
  const password = secrets.demoTargetPassword;
  for (const project of demoProjects(Object.keys(servers))) {
    await ensureProject(asAdmin, project);
    for (const set of project.sets) {
      const { id } = await ensureSet(asAdmin, project, set);
      for (const target of set.targets) {
        const { port } = servers[project.engine];
        await ensureTarget(asAdmin, { dbSetId: id, target, port, password });
      }
    }
    await ensureMigration(asUser, project);
  }
}

async function ensureProject(hub, { key, name, description, entityRef }) {
  const projects = await hub.list('/projects');
  if (projects.some(project => project.key === key)) return;
  await hub.post('/projects', { key, name, description, entityRef });
}

async function ensureSet(hub, project, { name, environment }) {
  const sets = await hub.list('/db-sets', {
    project: project.key,
    environment,
  });
  const known = sets.find(set => set.name === name);
  if (known) return known;
  return hub.post('/db-sets', { project: project.key, environment, name });
}

async function ensureTarget(hub, { dbSetId, target, port, password }) {
  const targets = await hub.list('/db-targets', { dbSetId });
  const known = targets.find(({ name }) => name === target.name);
  if (!known) {
    await hub.post('/db-targets', {
      dbSetId,
      name: target.name,
      engine: target.engine,
      host: '127.0.0.1',
      port,
      database: target.database,
      username: demoRole,
      password,
    });
    return;
  }
  if (known.port === port) return;
  await hub.patch(`/db-targets/${known.id}`, {
    expectedRevision: known.revision,
    port,
    password,
  });
}

async function ensureMigration(hub, { key: project, migration }) {
  const known = await hub.list('/migrations', { project });
  if (known.some(({ key }) => key === migration.key)) return;
  await hub.post('/migrations', { project, ...migration });
}
