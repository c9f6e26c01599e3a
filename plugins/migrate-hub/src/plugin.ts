import {
  createApiFactory,
  createPlugin,
  createRoutableExtension,
  discoveryApiRef,
  fetchApiRef,
} from '@backstage/core-plugin-api';
import { createMigrateHubClient, migrateHubApiRef } from './api';
import { rootRouteRef } from './routes';

/** migrate-hub for the legacy frontend system. @public */
export const migrateHubPlugin = createPlugin({
  id: 'migrate-hub',
  routes: { root: rootRouteRef },
  apis: [
    createApiFactory({
      api: migrateHubApiRef,
      deps: { discoveryApi: discoveryApiRef, fetchApi: fetchApiRef },
      factory: createMigrateHubClient,
    }),
  ],
});

/** The page, to be mounted at `/migrate-hub`. @public */
export const MigrateHubPage = migrateHubPlugin.provide(
  createRoutableExtension({
    name: 'MigrateHubPage',
    component: () =>
      import('./components/MigrateHubPage').then(m => m.MigrateHubPage),
    mountPoint: rootRouteRef,
  }),
);
