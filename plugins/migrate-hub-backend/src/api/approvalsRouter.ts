import { routes } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import Router from 'express-promise-router';
import { ContractRouter } from './ContractRouter';
import { HubServices } from './services';

/** What waits for approval. */
export function approvalsRouter(
  contract: ContractRouter,
  { runs }: Pick<HubServices, 'runs'>,
) {
  const router = Router();
  contract.handle(router, routes.listPendingApprovals, ({ context, query }) =>
    runs.pending(context, query),
  );
  return router;
}
