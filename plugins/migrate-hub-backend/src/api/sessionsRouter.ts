import { routes } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import Router from 'express-promise-router';
import { ContractRouter } from './ContractRouter';
import { HubServices } from './services';

/** Who is signed in where. */
export function sessionsRouter(
  contract: ContractRouter,
  { sessionAdministration }: Pick<HubServices, 'sessionAdministration'>,
) {
  const router = Router();
  contract.handle(router, routes.listSessions, ({ context, query }) =>
    sessionAdministration.list(context, query),
  );
  contract.handle(router, routes.revokeSession, ({ context, params }) =>
    sessionAdministration.revoke(context, params.id),
  );
  contract.handle(router, routes.revokeSessions, ({ context, query }) =>
    sessionAdministration.revokeAll(context, query.user),
  );
  return router;
}
