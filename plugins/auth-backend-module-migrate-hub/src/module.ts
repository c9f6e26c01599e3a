import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { authProvidersExtensionPoint } from '@backstage/plugin-auth-node';
import { createGuard } from './guard';
import { HubSessions } from './HubSessions';
import { createLocalProvider } from './localProvider';

/** Path of the provider below the auth plugin, and its id. */
const PROVIDER_ID = 'local';

/**
 * Registers the provider `local`: e-mail and password, with sessions that
 * migrate-hub keeps. It is on where `auth.providers.local` is configured.
 *
 * @public
 */
export const authModuleMigrateHub = createBackendModule({
  pluginId: 'auth',
  moduleId: 'migrate-hub',
  register(reg) {
    reg.registerInit({
      deps: {
        providers: authProvidersExtensionPoint,
        auth: coreServices.auth,
        discovery: coreServices.discovery,
        httpRouter: coreServices.httpRouter,
        logger: coreServices.logger,
      },
      async init({ providers, auth, discovery, httpRouter, logger }) {
        // Before the router of the auth plugin, which parses bodies its own way.
        httpRouter.use(createGuard({ path: `/${PROVIDER_ID}` }));

        const sessions = HubSessions.create({ auth, discovery, logger });
        providers.registerProvider({
          providerId: PROVIDER_ID,
          factory: options => createLocalProvider({ ...options, sessions }),
        });
      },
    });
  },
});
