import { routes } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import Router from 'express-promise-router';
import { ContractRouter } from './ContractRouter';
import { HubServices } from './services';

/** DB targets and their connection tests. */
export function dbTargetsRouter(
  contract: ContractRouter,
  { dbTargets, reconciler }: Pick<HubServices, 'dbTargets' | 'reconciler'>,
) {
  const router = Router();
  contract.handle(router, routes.listDbTargets, ({ context, query }) =>
    dbTargets.list(context, query),
  );
  contract.handle(router, routes.createDbTarget, ({ context, body }) =>
    dbTargets.create(context, body),
  );
  contract.handle(router, routes.testConnection, ({ context, body }) =>
    dbTargets.testUnsaved(context, body),
  );
  contract.handle(router, routes.getDbTarget, ({ context, params }) =>
    dbTargets.get(context, params.id),
  );
  contract.handle(router, routes.updateDbTarget, ({ context, params, body }) =>
    dbTargets.update(context, params.id, body),
  );
  contract.handle(router, routes.testDbTarget, ({ context, params }) =>
    dbTargets.test(context, params.id),
  );
  contract.handle(
    router,
    routes.getReconciliation,
    ({ context, params, query }) =>
      reconciler.report(context, params.id, query),
  );
  contract.handle(router, routes.reconcileDbTarget, ({ context, params }) =>
    reconciler.reconcile(context, params.id),
  );
  return router;
}
