import { createBackendModule } from '@backstage/backend-plugin-api';
import { targetDriversExtensionPoint } from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { MySqlDriver } from './MySqlDriver';

/** Makes MySQL and MariaDB databases targets of migrate-hub. @public */
export const migrateHubModuleMysql = createBackendModule({
  pluginId: 'migrate-hub',
  moduleId: 'mysql',
  register(env) {
    env.registerInit({
      deps: { drivers: targetDriversExtensionPoint },
      async init({ drivers }) {
        drivers.addDriver(MySqlDriver.create());
      },
    });
  },
});
