import { routes } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import Router from 'express-promise-router';
import { ContractRouter } from './ContractRouter';
import { HubServices } from './services';

/** Migrations, their versions, and the runs asked for them. */
export function migrationsRouter(
  contract: ContractRouter,
  services: Pick<
    HubServices,
    'migrations' | 'migrationQueries' | 'runRequests'
  >,
) {
  const { migrations, migrationQueries, runRequests } = services;
  const router = Router();
  contract.handle(router, routes.listMigrations, ({ context, query }) =>
    migrationQueries.list(context, query),
  );
  contract.handle(router, routes.createMigration, ({ context, body }) =>
    migrations.create(context, body),
  );
  contract.handle(router, routes.analyzeSql, ({ context, body }) =>
    migrations.analyze(context, body),
  );
  contract.handle(router, routes.getMigration, ({ context, params }) =>
    migrationQueries.get(context, params.id),
  );
  contract.handle(router, routes.updateMigration, ({ context, params, body }) =>
    migrations.update(context, params.id, body),
  );
  contract.handle(router, routes.listMigrationVersions, ({ context, params }) =>
    migrationQueries.versions(context, params.id),
  );
  contract.handle(router, routes.getMigrationVersion, ({ context, params }) =>
    migrationQueries.version(context, params.id, params.version),
  );
  contract.handle(
    router,
    routes.listMigrationHistory,
    ({ context, params, query }) =>
      migrationQueries.history(context, params.id, query),
  );
  contract.handle(
    router,
    routes.listMigrationTargets,
    ({ context, params, query }) =>
      migrationQueries.targets(context, params.id, query),
  );
  contract.handle(router, routes.previewRun, ({ context, params, body }) =>
    runRequests.preview(context, params.id, body),
  );
  contract.handle(router, routes.requestRun, ({ context, params, body }) =>
    runRequests.request(context, params.id, body),
  );
  return router;
}
