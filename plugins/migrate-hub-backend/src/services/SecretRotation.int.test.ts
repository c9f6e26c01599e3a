import { plantSecret } from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { secretSettingsSchema } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { randomBytes } from 'crypto';
import { InventoryWorld } from '../__testUtils__/InventoryWorld';
import { testConfig } from '../__testUtils__/testConfig';
import { HubServices } from '../api/services';
import { SecretBox } from '../crypto/SecretBox';
import { insertSession, setUpstreamToken } from '../store/sessions';

const oldKey = { id: 'old', key: randomBytes(32) };
const newKey = { id: 'new', key: randomBytes(32) };
const inConfig = ({ id, key }: typeof oldKey) => ({
  id,
  key: key.toString('base64'),
});

const nothing = {
  ...{ targets: 0, clientCertificates: 0, sessions: 0, webhooks: 0 },
  unreadable: 0,
};

const configWith = (...keys: (typeof oldKey)[]) => {
  const config = testConfig();
  config.migrateHub.secrets.keys = keys.map(inConfig);
  return config;
};

let world: InventoryWorld;
let dbSetId: string;
const targetIds: string[] = [];
/** Of a hub with the old key only, with both, and with the new one only. */
let before: HubServices;
let during: HubServices;
let after: HubServices;

beforeAll(async () => {
  world = await InventoryWorld.create(configWith(oldKey));
  before = world.services;
  during = world.replica(configWith(newKey, oldKey));
  after = world.replica(configWith(newKey));
  dbSetId = await world.createDbSet();
  for (const name of ['one', 'two', 'three']) {
    const database = await world.createDatabase();
    const input = world.input(dbSetId, { name, database });
    targetIds.push((await before.dbTargets.create(world.users.uma, input)).id);
  }
});
afterAll(() => world?.drop());

const keysInUse = async () => {
  const rows = await world.knex('db_targets').orderBy('id').select('secret');
  return rows.map(({ secret }) => secret.split('.')[1]);
};

/** As the hub stores a client certificate beside the password. */
async function addCertificate(id: string) {
  const row = await world.knex('db_targets').where({ id }).first();
  const { engine, host, port, username, tls } = row;
  const binding = {
    ...{ id, engine, host, port, username, tls },
    use: 'clientCertificate' as const,
  };
  const text = JSON.stringify({ certificate: 'PEM', key: 'PEM' });
  await world
    .knex('db_targets')
    .where({ id })
    .update({ client_secret: SecretBox.create([oldKey]).seal(text, binding) });
  return async (key: typeof oldKey) => {
    const now = await world.knex('db_targets').where({ id }).first();
    return SecretBox.create([key]).open(now.client_secret, binding) === text;
  };
}

it('moves every secret to the first key while the hub runs, also after it was broken off', async () => {
  const { uma, ada } = world.users;
  await before.secretRotation.noteKeys();
  await during.secretRotation.noteKeys();
  const user = uma.caller.user.id;
  const sessionId = await world.knex.transaction(async tx => {
    const session = await insertSession(tx, {
      userId: user,
      provider: 'google',
      secretHash: randomBytes(32),
      ownerMac: () => randomBytes(32),
      absoluteSeconds: 60,
    });
    const sealed = SecretBox.create([oldKey]).sealToken('token', session.id);
    await setUpstreamToken(tx, session.id, sealed);
    return session.id;
  });

  await before.webhooks.create(ada, {
    url: 'https://hooks.example.com/hub',
    events: ['run.finished'],
    secret: plantSecret(),
  });

  const certificateOpensWith = await addCertificate(targetIds[1]);
  const brokenOff = during.secretRotation.rotate({
    batch: 2,
    onBatch: () => {
      throw new Error('the process was killed');
    },
  });
  await expect(brokenOff).rejects.toThrow('killed');
  expect(await keysInUse()).toEqual(['new', 'new', 'old']);
  const settings = await during.secretRotation.settings(ada);
  secretSettingsSchema.parse(settings);
  expect(settings.keys).toMatchObject([
    {
      id: 'new',
      current: true,
      configured: true,
      since: expect.any(String),
      ciphertexts: { targets: 2, sessions: 0 },
    },
    {
      id: 'old',
      current: false,
      configured: true,
      ciphertexts: { targets: 1, sessions: 1 },
    },
  ]);

  // Somebody edits meanwhile, having read the target before it was moved.
  const target = await before.dbTargets.get(uma, targetIds[2]);
  expect(await during.secretRotation.rotate({ batch: 2 })).toEqual({
    targets: 1,
    clientCertificates: 1,
    sessions: 1,
    webhooks: 1,
    unreadable: 0,
  });
  await during.dbTargets.update(uma, targetIds[2], {
    expectedRevision: target.revision,
    name: 'renamed',
  });
  expect(await keysInUse()).toEqual(['new', 'new', 'new']);
  expect(await certificateOpensWith(newKey)).toBe(true);
  await expect(certificateOpensWith(oldKey)).rejects.toThrow();
  expect((await after.dbTargets.test(uma, targetIds[2])).ok).toBe(true);
  await expect(before.dbTargets.test(uma, targetIds[2])).rejects.toMatchObject({
    code: 'PASSWORD_REQUIRED',
  });
  const session = await world.knex('sessions').where({ id: sessionId }).first();
  expect(
    SecretBox.create([newKey]).openToken(session.upstream_token, sessionId),
  ).toBe('token');

  expect(await during.secretRotation.rotate()).toMatchObject({ targets: 0 });
  const events = await world
    .knex('audit_events')
    .where({ action: 'secrets.rotated' })
    .orderBy('id');
  expect(events.map(({ payload }) => payload)).toEqual([
    { ...nothing, key: 'new', targets: 2 },
    { ...nothing, key: 'new', targets: 1 },
    { ...nothing, key: 'new', clientCertificates: 1 },
    { ...nothing, key: 'new', sessions: 1 },
    { ...nothing, key: 'new', webhooks: 1 },
  ]);
  await expect(during.secretRotation.settings(uma)).rejects.toMatchObject({
    code: 'ROLE_REQUIRED',
  });
});

it('leaves what it cannot read, says so, and goes on with the rest', async () => {
  const strange = SecretBox.create([{ id: 'lost', key: randomBytes(32) }]);
  const [row] = await world.knex('db_targets').where({ id: targetIds[0] });
  const { id, engine, host, port, username, tls } = row;
  const address = { id, engine, host, port, username, tls };
  await world
    .knex('db_targets')
    .where({ id })
    .update({ secret: strange.seal('gone', address) });
  const back = world.replica(configWith(oldKey, newKey));
  expect(await back.secretRotation.rotate({ batch: 1 })).toEqual({
    targets: 2,
    clientCertificates: 1,
    sessions: 1,
    webhooks: 1,
    unreadable: 1,
  });
  expect(await keysInUse()).toEqual(['lost', 'old', 'old']);
  const { keys } = await back.secretRotation.settings(world.users.ada);
  expect(keys.at(-1)).toMatchObject({
    id: 'lost',
    configured: false,
    ciphertexts: { targets: 1, sessions: 0 },
  });
});

it('does not open a ciphertext that was moved to another row', async () => {
  const { uma } = world.users;
  const [, two, three] = targetIds;
  const { secret } = await world.knex('db_targets').where({ id: two }).first();
  await world.knex('db_targets').where({ id: three }).update({ secret });
  expect((await before.dbTargets.test(uma, two)).ok).toBe(true);
  await expect(before.dbTargets.test(uma, three)).rejects.toMatchObject({
    code: 'PASSWORD_REQUIRED',
  });
});
