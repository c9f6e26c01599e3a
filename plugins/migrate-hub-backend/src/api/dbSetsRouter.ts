import { routes } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import Router from 'express-promise-router';
import { ContractRouter } from './ContractRouter';
import { HubServices } from './services';

/** DB sets. */
export function dbSetsRouter(
  contract: ContractRouter,
  { dbSets }: Pick<HubServices, 'dbSets'>,
) {
  const router = Router();
  contract.handle(router, routes.listDbSets, ({ context, query }) =>
    dbSets.list(context, query),
  );
  contract.handle(router, routes.createDbSet, ({ context, body }) =>
    dbSets.create(context, body),
  );
  contract.handle(router, routes.getDbSet, ({ context, params }) =>
    dbSets.get(context, params.id),
  );
  contract.handle(router, routes.updateDbSet, ({ context, params, body }) =>
    dbSets.update(context, params.id, body),
  );
  return router;
}
