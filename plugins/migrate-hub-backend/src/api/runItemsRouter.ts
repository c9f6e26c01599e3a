import { routes } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import Router from 'express-promise-router';
import { ContractRouter } from './ContractRouter';
import { HubServices } from './services';

/** Items of runQueries. */
export function runItemsRouter(
  contract: ContractRouter,
  { runQueries }: Pick<HubServices, 'runQueries'>,
) {
  const router = Router();
  contract.handle(
    router,
    routes.listItemStatements,
    ({ context, params, query }) =>
      runQueries.itemStatements(context, params.id, query),
  );
  return router;
}
