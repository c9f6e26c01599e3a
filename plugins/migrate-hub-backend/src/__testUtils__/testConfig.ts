import { ConfigReader } from '@backstage/config';
import { generateKeyPairSync, randomBytes } from 'crypto';
import { Signer } from '../crypto/Signer';

/** The least that the hub starts with. */
export const testConfig = () => ({
  migrateHub: {
    secrets: {
      keys: [{ id: '1', key: randomBytes(32).toString('base64') }],
    },
    signing: {
      keys: [
        {
          id: '1',
          privateKey: generateKeyPairSync('ed25519')
            .privateKey.export({ format: 'der', type: 'pkcs8' })
            .toString('base64'),
        },
      ],
    },
    executor: { enabled: false },
  },
});

/** Signs as a hub with that config does. */
export const testSigner = (config = testConfig()): Signer =>
  Signer.fromConfig(new ConfigReader({ ...config }));
