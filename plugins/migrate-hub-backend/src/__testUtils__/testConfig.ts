import { ConfigReader } from '@backstage/config';
import {
  plantKey,
  plantSigningKey,
} from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { Signer } from '../crypto/Signer';

/** The least that the hub starts with. */
export const testConfig = () => ({
  migrateHub: {
    secrets: {
      keys: [{ id: '1', key: plantKey().toString('base64') }],
    },
    signing: {
      keys: [
        {
          id: '1',
          privateKey: plantSigningKey(),
        },
      ],
    },
    executor: { enabled: false },
  },
});

/** Signs as a hub with that config does. */
export const testSigner = (config = testConfig()): Signer =>
  Signer.fromConfig(new ConfigReader({ ...config }));
