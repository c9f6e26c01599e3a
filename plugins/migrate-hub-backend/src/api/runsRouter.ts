import { routes } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import Router from 'express-promise-router';
import { ContractRouter } from './ContractRouter';
import { HubServices } from './services';

/** Runs: approve, execute, cancel, retry. */
export function runsRouter(
  contract: ContractRouter,
  services: Pick<
    HubServices,
    | 'runQueries'
    | 'runDecisions'
    | 'runExecution'
    | 'runContinuation'
    | 'runBreakGlass'
  >,
) {
  const { runQueries, runDecisions, runExecution } = services;
  const { runContinuation, runBreakGlass } = services;
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
  contract.handle(router, routes.executeRun, ({ context, params, body }) => {
    const { breakGlass, ...how } = body;
    return breakGlass
      ? runBreakGlass.request(context, params.id, breakGlass)
      : runExecution.execute(context, params.id, how);
  });
  contract.handle(router, routes.continueRun, ({ context, params, body }) =>
    runContinuation.continue(context, params.id, body),
  );
  contract.handle(
    router,
    routes.confirmBreakGlass,
    ({ context, params, body }) =>
      runBreakGlass.confirm(context, params.id, body),
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
