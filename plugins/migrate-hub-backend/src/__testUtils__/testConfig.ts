import { generateKeyPairSync, randomBytes } from 'crypto';

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
