import { routes } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import Router from 'express-promise-router';
import { ContractRouter } from './ContractRouter';
import { scopeOf } from './requestScope';
import { HubServices } from './services';

/** Who may sign in, and how. */
export function authSettingsRouter(
  contract: ContractRouter,
  { authSettings }: Pick<HubServices, 'authSettings'>,
) {
  const router = Router();
  // For the sign-in page: whoever asks has no token yet.
  router.get('/sign-in-options', async (req, res) => {
    scopeOf(req).route = '/sign-in-options';
    res.setHeader('Cache-Control', 'no-store');
    res.json(await authSettings.options());
  });
  contract.handle(router, routes.getAuthSettings, ({ context }) =>
    authSettings.get(context),
  );
  contract.handle(router, routes.updateAuthSettings, ({ context, body }) =>
    authSettings.update(context, body),
  );
  return router;
}
