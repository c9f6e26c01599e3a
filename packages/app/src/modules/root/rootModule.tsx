import {
  PageBlueprint,
  createFrontendModule,
} from '@backstage/frontend-plugin-api';
import { Navigate } from 'react-router-dom';

/** The address of the portal itself leads to the hub. */
const rootPage = PageBlueprint.make({
  name: 'root',
  params: {
    path: '/',
    noHeader: true,
    loader: async () => <Navigate to="/migrate-hub" replace />,
  },
});

export const rootModule = createFrontendModule({
  pluginId: 'app',
  extensions: [rootPage],
});
