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

export { migrateHubApiRef } from './api';
export { migrateHubTranslationRef } from './translation';

/** @alpha */
export default createFrontendPlugin({
  pluginId: 'migrate-hub',
  title: 'Migrate hub',
  icon: <StorageIcon fontSize="inherit" />,
  extensions: [clientApi, page],
  routes: { root: convertLegacyRouteRef(rootRouteRef) },
});
