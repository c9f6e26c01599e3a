import { routes } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import Router from 'express-promise-router';
import { ContractRouter } from './ContractRouter';
import { HubServices } from './services';

/** What waits for approval. */
export function approvalsRouter(
  contract: ContractRouter,
  { runQueries }: Pick<HubServices, 'runQueries'>,
) {
  const router = Router();
  contract.handle(router, routes.listPendingApprovals, ({ context, query }) =>
    runQueries.pending(context, query),
  );
  return router;
}
