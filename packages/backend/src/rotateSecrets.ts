import { createSpecializedBackend } from '@backstage/backend-app-api';
import { databaseServiceFactory } from '@backstage/backend-defaults/database';
import { lifecycleServiceFactory } from '@backstage/backend-defaults/lifecycle';
import { loggerServiceFactory } from '@backstage/backend-defaults/logger';
import { rootConfigServiceFactory } from '@backstage/backend-defaults/rootConfig';
import { rootLifecycleServiceFactory } from '@backstage/backend-defaults/rootLifecycle';
import { rootLoggerServiceFactory } from '@backstage/backend-defaults/rootLogger';
import { secretRotationPlugin } from '@migrate-hub/backstage-plugin-migrate-hub-backend';

/*
 * `npm run secrets:rotate`: a process of its own beside the running hub, with
 * the same config and nothing but a database. See docs/operations/secrets.md.
 */
const backend = createSpecializedBackend({
  defaultServiceFactories: [
    databaseServiceFactory,
    lifecycleServiceFactory,
    loggerServiceFactory,
    rootConfigServiceFactory,
    rootLifecycleServiceFactory,
    rootLoggerServiceFactory,
  ],
});
backend.add(secretRotationPlugin);

backend
  .start()
  .then(() => backend.stop())
  .then(
    () => process.exit(0),
    () => process.exit(1),
  );
