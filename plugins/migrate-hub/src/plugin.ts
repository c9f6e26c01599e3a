import {
  createApiFactory,
  createComponentExtension,
  createPlugin,
  createRoutableExtension,
  discoveryApiRef,
  fetchApiRef,
} from '@backstage/core-plugin-api';
import { createCardExtension } from '@backstage/plugin-home-react';
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

/** The tab of an entity with the annotation `migrate-hub/project`. @public */
export const EntityMigrationsContent = migrateHubPlugin.provide(
  createComponentExtension({
    name: 'EntityMigrationsContent',
    component: {
      lazy: () => import('./components/catalog').then(m => m.EntityMigrations),
    },
  }),
);

/** The overview card of such an entity. @public */
export const EntityMigrationsCard = migrateHubPlugin.provide(
  createComponentExtension({
    name: 'EntityMigrationsCard',
    component: {
      lazy: () =>
        import('./components/catalog').then(m => m.EntityMigrationsCard),
    },
  }),
);

/** The card "Waiting for me" of the home page. @public */
export const MigrateHubWaitingForMe = migrateHubPlugin.provide(
  createCardExtension({
    name: 'MigrateHubWaitingForMe',
    title: 'Migrations waiting for me',
    components: () =>
      import('./components/catalog').then(m => ({ Content: m.WaitingForMe })),
  }),
);
