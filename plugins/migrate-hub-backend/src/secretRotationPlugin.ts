import {
  coreServices,
  createBackendPlugin,
} from '@backstage/backend-plugin-api';
import { SecretBox } from './crypto/SecretBox';
import { SecretRotation } from './services/SecretRotation';
import { openDatabase } from './store/Database';

/**
 * Moves every secret to the first key of `migrateHub.secrets.keys`, and is done.
 *
 * @remarks
 * Stands in the place of {@link migrateHubPlugin} in a backend that has nothing
 * else: a process beside the running hub.
 *
 * @public
 */
export const secretRotationPlugin = createBackendPlugin({
  pluginId: 'migrate-hub',
  register(env) {
    env.registerInit({
      deps: {
        config: coreServices.rootConfig,
        database: coreServices.database,
        logger: coreServices.logger,
      },
      async init({ config, database, logger }) {
        const secrets = SecretBox.fromConfig(config);
        const knex = await openDatabase(database);
        const rotation = SecretRotation.create({ knex, secrets });
        await rotation.noteKeys();
        const done = await rotation.rotate({
          onBatch: ({ targets, clientCertificates, sessions, webhooks }) =>
            logger.info(
              `So far under key '${secrets.currentKeyId}': ${targets} targets, ${clientCertificates} client certificates, ${sessions} sessions, ${webhooks} webhooks`,
            ),
        });
        logger.info(
          `Secrets of ${done.targets} targets, ${done.clientCertificates} client certificates, ${done.sessions} sessions and ${done.webhooks} webhooks are now under key '${secrets.currentKeyId}'`,
        );
        if (done.unreadable > 0) {
          logger.warn(
            `${done.unreadable} secrets cannot be read with the configured keys and were left as they are: configure the missing key, or type those passwords again`,
          );
        }
      },
    });
  },
});
