import { routes } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import Router from 'express-promise-router';
import { ContractRouter } from './ContractRouter';
import { HubServices } from './services';

/** Runs: approve, execute, cancel, retry. */
export function runsRouter(
  contract: ContractRouter,
  services: Pick<HubServices, 'runQueries' | 'runDecisions' | 'runExecution'>,
) {
  const { runQueries, runDecisions, runExecution } = services;
  const router = Router();
  contract.handle(router, routes.listRuns, ({ context, query }) =>
    runQueries.list(context, query),
  );
  contract.handle(router, routes.getRun, ({ context, params }) =>
    runQueries.get(context, params.id),
  );
  contract.handle(router, routes.decideRun, ({ context, params, body }) =>
    runDecisions.decide(context, params.id, body),
  );
  contract.handle(router, routes.executeRun, ({ context, params, body }) =>
    runExecution.execute(context, params.id, body),
  );
  contract.handle(router, routes.cancelRun, ({ context, params, body }) =>
    runExecution.cancel(context, params.id, body),
  );
  contract.handle(router, routes.retryRun, ({ context, params, body }) =>
    runExecution.retry(context, params.id, body),
  );
  contract.handle(router, routes.listRunItems, ({ context, params, query }) =>
    runQueries.items(context, params.id, query),
  );
  return router;
}
