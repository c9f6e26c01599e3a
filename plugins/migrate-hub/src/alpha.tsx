/**
 * migrate-hub for the new frontend system.
 *
 * @packageDocumentation
 */
import { convertLegacyRouteRef } from '@backstage/core-compat-api';
import {
  ApiBlueprint,
  PageBlueprint,
  createFrontendPlugin,
  discoveryApiRef,
  fetchApiRef,
} from '@backstage/frontend-plugin-api';
import {
  EntityCardBlueprint,
  EntityContentBlueprint,
} from '@backstage/plugin-catalog-react/alpha';
import { HomePageWidgetBlueprint } from '@backstage/plugin-home-react/alpha';
import StorageIcon from '@mui/icons-material/Storage';
import { createMigrateHubClient, migrateHubApiRef } from './api';
import { rootRouteRef } from './routes';

const clientApi = ApiBlueprint.make({
  params: defineParams =>
    defineParams({
      api: migrateHubApiRef,
      deps: { discoveryApi: discoveryApiRef, fetchApi: fetchApiRef },
      factory: createMigrateHubClient,
    }),
});

/** The page itself brings its header, and with title and icon its entry in the navigation. */
const page = PageBlueprint.make({
  params: {
    path: '/migrate-hub',
    title: 'Migrate hub',
    icon: <StorageIcon fontSize="inherit" />,
    routeRef: convertLegacyRouteRef(rootRouteRef),
    noHeader: true,
    loader: () =>
      import('./components/MigrateHubPage').then(m => <m.MigrateHubPage />),
  },
});

/** Entities annotated with their project of the hub. */
const filter = {
  'metadata.annotations.migrate-hub/project': { $exists: true },
};

const entityContent = EntityContentBlueprint.make({
  params: {
    path: '/migrations',
    title: 'Migrations',
    icon: <StorageIcon fontSize="inherit" />,
    filter,
    loader: () =>
      import('./components/catalog').then(m => <m.EntityMigrations />),
  },
});

const entityCard = EntityCardBlueprint.make({
  params: {
    type: 'info',
    filter,
    loader: () =>
      import('./components/catalog').then(m => <m.EntityMigrationsCard />),
  },
});

const homeWidget = HomePageWidgetBlueprint.make({
  params: {
    name: 'MigrateHubWaitingForMe',
    title: 'Migrations waiting for me',
    description: 'What you may approve, execute or resolve in migrate-hub',
    components: () =>
      import('./components/catalog').then(m => ({ Content: m.WaitingForMe })),
  },
});

export { migrateHubApiRef } from './api';
export { migrateHubTranslationRef } from './translation';

/** @alpha */
export default createFrontendPlugin({
  pluginId: 'migrate-hub',
  title: 'Migrate hub',
  icon: <StorageIcon fontSize="inherit" />,
  extensions: [clientApi, page, entityContent, entityCard, homeWidget],
  routes: { root: convertLegacyRouteRef(rootRouteRef) },
});
