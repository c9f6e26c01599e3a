import { createBackend } from '@backstage/backend-defaults';
import { hubRootHealthServiceFactory } from '@migrate-hub/backstage-plugin-migrate-hub-backend';

const backend = createBackend();

backend.add(import('@backstage/plugin-app-backend'));

// Sign-in
backend.add(import('@backstage/plugin-auth-backend'));
backend.add(
  import('@migrate-hub/backstage-plugin-auth-backend-module-migrate-hub'),
);

// The hub, and the database engines it can migrate
backend.add(import('@migrate-hub/backstage-plugin-migrate-hub-backend'));
backend.add(hubRootHealthServiceFactory);
backend.add(
  import('@migrate-hub/backstage-plugin-migrate-hub-backend-module-postgres'),
);
backend.add(
  import('@migrate-hub/backstage-plugin-migrate-hub-backend-module-mysql'),
);

// Software catalog
backend.add(import('@backstage/plugin-catalog-backend'));
backend.add(import('@backstage/plugin-catalog-backend-module-logs'));

// Permissions: the hub's own rules hold in any case, a policy of yours can narrow them further
backend.add(import('@backstage/plugin-permission-backend'));
backend.add(
  import('@backstage/plugin-permission-backend-module-allow-all-policy'),
);

// Search
backend.add(import('@backstage/plugin-search-backend'));
backend.add(import('@backstage/plugin-search-backend-module-pg'));
backend.add(import('@backstage/plugin-search-backend-module-catalog'));

// Settings of a user, notifications, and signals to the open page, also from another replica
backend.add(import('@backstage/plugin-user-settings-backend'));
backend.add(import('@backstage/plugin-notifications-backend'));
backend.add(import('@backstage/plugin-signals-backend'));
backend.add(import('@backstage/plugin-events-backend'));

backend.start();
