import { SecretStore } from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { mkdtemp, rm, symlink, writeFile } from 'fs/promises';
import { tmpdir } from 'os';
import { join } from 'path';
import { InventoryWorld } from '../__testUtils__/InventoryWorld';
import { testConfig } from '../__testUtils__/testConfig';

let world: InventoryWorld;
let folder: string;
let dbSetId: string;

/** As a module would bring one. */
class Vault implements SecretStore {
  readonly from = 'vault';
  readonly passwords = new Map<string, string>();
  refuse = (name: string) =>
    name.startsWith('db/') ? undefined : 'Only names below db/ are given out.';
  open = async (name: string) => {
    const password = this.passwords.get(name);
    if (password === undefined) throw new Error(`there is no ${name}`);
    return password;
  };
}
const vault = new Vault();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'migrate-hub-secrets-'));
  const config = testConfig();
  const secrets = {
    ...config.migrateHub.secrets,
    env: { allow: ['MIGRATE_HUB_TEST_TARGET', 'MH_TEST_*'] },
    file: { folders: [folder] },
  };
  world = await InventoryWorld.create(
    { ...config, migrateHub: { ...config.migrateHub, secrets } },
    { secretStores: [vault] },
  );
  dbSetId = await world.createDbSet();
});
afterAll(async () => {
  await world?.drop();
  await rm(folder, { recursive: true, force: true });
});

const unnamed = async () => {
  const database = await world.createDatabase();
  const { password, ...input } = world.input(dbSetId, {
    name: database,
    database,
  });
  return { input, password: password ?? '' };
};

it('opens a password wherever it is kept, anew at each connection', async () => {
  const { dbTargets } = world.services;
  const { ada } = world.users;
  const file = join(folder, 'password');
  const keepers: [string, string, (password: string) => Promise<void>][] = [
    [
      'env',
      'MH_TEST_PASSWORD',
      async password => {
        process.env.MH_TEST_PASSWORD = password;
      },
    ],
    ['file', file, password => writeFile(file, `${password}\n`)],
    [
      'vault',
      'db/main',
      async password => {
        vault.passwords.set('db/main', password);
      },
    ],
  ];
  for (const [from, name, keep] of keepers) {
    const { input, password } = await unnamed();
    await keep(password);
    const target = await dbTargets.create(ada, {
      ...input,
      passwordFrom: { from, name },
    });
    expect(target).toMatchObject({
      lastTest: { ok: true },
      passwordFrom: { from, name },
    });
    await keep(`${password}-changed`);
    const tested = await dbTargets.test(ada, target.id);
    expect(tested.checks.filter(({ ok }) => !ok)).toMatchObject([
      { name: 'authentication' },
    ]);
    await keep(password);
    expect((await dbTargets.test(ada, target.id)).ok).toBe(true);
    const row = await world.knex('db_targets').where({ id: target.id });
    expect(JSON.stringify(row)).not.toContain(password);

    // Somebody with the database cannot make the hub send another password.
    const other = JSON.stringify({
      from: 'env',
      name: 'MIGRATE_HUB_TEST_TARGET',
    });
    await world
      .knex('db_targets')
      .where({ id: target.id })
      .update({ password_from: other });
    await expect(dbTargets.test(ada, target.id)).rejects.toMatchObject({
      code: 'PASSWORD_REQUIRED',
    });
    const typed = await dbTargets.update(ada, target.id, {
      expectedRevision: target.revision,
      password,
    });
    expect(typed.passwordFrom).toBeUndefined();
    expect(typed.lastTest?.ok).toBe(true);
  }
});

it('gives out nothing that the config or the store does not let targets name', async () => {
  const { dbTargets } = world.services;
  const { ada, uma } = world.users;
  const { input, password } = await unnamed();
  const outside = join(folder, 'link');
  await symlink('/etc/passwd', outside);
  const refusals: [string, string, RegExp][] = [
    ['env', 'MIGRATE_HUB_TEST_POSTGRES', /migrateHub\.secrets\.env\.allow/],
    ['env', 'PATH', /migrateHub\.secrets\.env\.allow/],
    ['env', 'MH_TEST_UNSET', /not set/],
    ['file', '/etc/passwd', /migrateHub\.secrets\.file\.folders/],
    ['file', `${folder}/../passwd`, /migrateHub\.secrets\.file\.folders/],
    ['file', outside, /not there/],
    ['vault', 'other', /below db/],
    ['vault', 'db/none', /there is no db\/none/],
    ['keychain', 'x', /no secret store 'keychain'.*env, file, vault/],
  ];
  for (const [from, name, message] of refusals) {
    await expect(
      dbTargets.testUnsaved(ada, { ...input, passwordFrom: { from, name } }),
    ).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringMatching(message),
    });
  }
  process.env.MH_TEST_PASSWORD = password;
  const passwordFrom = { from: 'env', name: 'MH_TEST_PASSWORD' };
  await expect(
    dbTargets.create(uma, { ...input, passwordFrom }),
  ).rejects.toMatchObject({ code: 'ROLE_REQUIRED' });
  for (const both of [{}, { password, passwordFrom }]) {
    await expect(
      dbTargets.create(ada, { ...input, ...both }),
    ).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  }
});
