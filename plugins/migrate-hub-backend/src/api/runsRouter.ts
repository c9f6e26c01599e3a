import { routes } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import Router from 'express-promise-router';
import { ContractRouter } from './ContractRouter';
import { HubServices } from './services';

/** Runs: approve, execute, cancel, retry. */
export function runsRouter(
  contract: ContractRouter,
  { runs }: Pick<HubServices, 'runs'>,
) {
  const router = Router();
  contract.handle(router, routes.listRuns, ({ context, query }) =>
    runs.list(context, query),
  );
  contract.handle(router, routes.getRun, ({ context, params }) =>
    runs.get(context, params.id),
  );
  contract.handle(router, routes.decideRun, ({ context, params, body }) =>
    runs.decide(context, params.id, body),
  );
  contract.handle(router, routes.executeRun, ({ context, params, body }) =>
    runs.execute(context, params.id, body),
  );
  contract.handle(router, routes.cancelRun, ({ context, params, body }) =>
    runs.cancel(context, params.id, body),
  );
  contract.handle(router, routes.retryRun, ({ context, params, body }) =>
    runs.retry(context, params.id, body),
  );
  contract.handle(router, routes.listRunItems, ({ context, params, query }) =>
    runs.items(context, params.id, query),
  );
  return router;
}
