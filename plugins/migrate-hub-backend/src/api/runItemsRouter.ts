import { routes } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import Router from 'express-promise-router';
import { ContractRouter } from './ContractRouter';
import { HubServices } from './services';

/** Items of runs: their statements, and what a person says of unclear ones. */
export function runItemsRouter(
  contract: ContractRouter,
  services: Pick<HubServices, 'runQueries' | 'runItemResolution'>,
) {
  const { runQueries, runItemResolution } = services;
  const router = Router();
  contract.handle(
    router,
    routes.listItemStatements,
    ({ context, params, query }) =>
      runQueries.itemStatements(context, params.id, query),
  );
  contract.handle(router, routes.resolveRunItem, ({ context, params, body }) =>
    runItemResolution.resolve(context, params.id, body),
  );
  return router;
}
