import { createApiRef } from '@backstage/core-plugin-api';
import {
  MigrateHubClient,
  MigrateHubClientOptions,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';

/** The typed client of the hub's REST API. @public */
export const migrateHubApiRef = createApiRef<MigrateHubClient>({
  id: 'plugin.migrate-hub.client',
});

/** A client that speaks as the signed-in user. */
export const createMigrateHubClient = (options: {
  discoveryApi: { getBaseUrl(pluginId: string): Promise<string> };
  fetchApi: Pick<MigrateHubClientOptions, 'fetch'>;
}): MigrateHubClient =>
  new MigrateHubClient({
    baseUrl: () => options.discoveryApi.getBaseUrl('migrate-hub'),
    fetch: options.fetchApi.fetch,
  });
