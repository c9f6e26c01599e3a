import { generateKeyPairSync, randomBytes } from 'crypto';
import { InventoryWorld } from '../__testUtils__/InventoryWorld';
import { SecretBox } from '../crypto/SecretBox';
import { Signer } from '../crypto/Signer';
import { KeyHealth } from './KeyHealth';

const secretsWith = (id: string, key = randomBytes(32)) =>
  SecretBox.create([{ id, key }]);
const newSigner = () =>
  Signer.create([{ id: '1', key: generateKeyPairSync('ed25519').privateKey }]);

describe('the health of the keys', () => {
  let world: InventoryWorld;

  beforeAll(async () => {
    world = await InventoryWorld.create();
  });
  afterAll(() => world.drop());

  it('is bad where a key is missing, or is another one under the same id', async () => {
    const health = (secrets: SecretBox) =>
      KeyHealth.create({ knex: world.knex, signer: newSigner(), secrets });
    const key = randomBytes(32);
    // The first replica leaves a proof; another with the same key opens it.
    expect(await health(secretsWith('a', key)).problem()).toBeUndefined();
    expect(await health(secretsWith('a', key)).problem()).toBeUndefined();
    expect(await health(secretsWith('a')).problem()).toMatch(
      /key 'a' of migrateHub.secrets.keys is not the one/,
    );

    const { uma } = world.users;
    const dbSetId = await world.createDbSet();
    const database = await world.createDatabase();
    await world.services.dbTargets.create(
      uma,
      world.input(dbSetId, { name: 'one', database }),
    );
    // The world's own hub encrypted that password with its key '1'.
    expect(await health(secretsWith('b')).problem()).toBe(
      `passwords of targets (1) are encrypted with key '1', which is not in migrateHub.secrets.keys`,
    );
  });
});
