import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { authProvidersExtensionPoint } from '@backstage/plugin-auth-node';
import { assertSecureBaseUrl } from './assertSecureBaseUrl';
import { createGoogleProvider } from './googleProvider';
import { createGuard } from './guard';
import { createQuietCallback } from './quietCallback';
import { HubSessions } from './HubSessions';
import { createLocalProvider } from './localProvider';

/** Ids of the providers, and their paths below the auth plugin. */
const LOCAL = 'local';
const GOOGLE = 'google';

/**
 * Registers the providers `google` and `local` (e-mail and password), with
 * sessions that migrate-hub keeps. Each is there where `auth.providers` has it.
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
        config: coreServices.rootConfig,
        discovery: coreServices.discovery,
        httpRouter: coreServices.httpRouter,
        logger: coreServices.logger,
      },
      async init({ providers, auth, config, discovery, httpRouter, logger }) {
        assertSecureBaseUrl(config, { nodeEnv: process.env.NODE_ENV });
        // Before the router of the auth plugin, which parses bodies its own way.
        httpRouter.use(createGuard({ path: `/${LOCAL}` }));
        httpRouter.use(
          createQuietCallback({ path: `/${GOOGLE}/handler/frame` }),
        );

        const sessions = HubSessions.create({ auth, discovery, logger });
        providers.registerProvider({
          providerId: LOCAL,
          factory: options => createLocalProvider({ ...options, sessions }),
        });
        providers.registerProvider({
          providerId: GOOGLE,
          factory: options =>
            createGoogleProvider({
              ...options,
              sessions,
              sessionHours:
                config.getOptionalNumber('migrateHub.sessions.absoluteHours') ??
                12,
            }),
        });
      },
    });
  },
});
