import { createBackendModule } from '@backstage/backend-plugin-api';
import { targetDriversExtensionPoint } from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { PostgresDriver } from './PostgresDriver';

/** Lets migrate-hub execute on PostgreSQL. @public */
export const migrateHubModulePostgres = createBackendModule({
  pluginId: 'migrate-hub',
  moduleId: 'postgres',
  register(reg) {
    reg.registerInit({
      deps: { drivers: targetDriversExtensionPoint },
      async init({ drivers }) {
        drivers.addDriver(PostgresDriver.create());
      },
    });
  },
});
