import { routes } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import Router from 'express-promise-router';
import { ContractRouter } from './ContractRouter';
import { HubServices } from './services';

/** Items of runs. */
export function runItemsRouter(
  contract: ContractRouter,
  { runs }: Pick<HubServices, 'runs'>,
) {
  const router = Router();
  contract.handle(
    router,
    routes.listItemStatements,
    ({ context, params, query }) =>
      runs.itemStatements(context, params.id, query),
  );
  return router;
}
