import { routes } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import Router from 'express-promise-router';
import { ContractRouter } from './ContractRouter';
import { HubServices } from './services';

/** The audit trail. */
export function auditEventsRouter(
  contract: ContractRouter,
  { audit }: Pick<HubServices, 'audit'>,
) {
  const router = Router();
  contract.handle(router, routes.listAuditEvents, ({ context, query }) =>
    audit.list(context, query),
  );
  return router;
}
