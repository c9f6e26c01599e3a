import { routes } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import Router from 'express-promise-router';
import { ContractRouter } from './ContractRouter';
import { HubServices } from './services';

/** Who is told what happens. */
export function webhooksRouter(
  contract: ContractRouter,
  { webhooks }: Pick<HubServices, 'webhooks'>,
) {
  const router = Router();
  contract.handle(router, routes.listWebhooks, ({ context, query }) =>
    webhooks.list(context, query),
  );
  contract.handle(router, routes.createWebhook, ({ context, body }) =>
    webhooks.create(context, body),
  );
  contract.handle(router, routes.updateWebhook, ({ context, params, body }) =>
    webhooks.update(context, params.id, body),
  );
  contract.handle(router, routes.testWebhook, ({ context, params }) =>
    webhooks.test(context, params.id),
  );
  contract.handle(router, routes.deleteWebhook, ({ context, params }) =>
    webhooks.delete(context, params.id),
  );
  return router;
}
