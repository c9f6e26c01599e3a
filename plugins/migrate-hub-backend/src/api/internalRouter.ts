import { HttpAuthService } from '@backstage/backend-plugin-api';
import {
  localSignInRequestSchema,
  sessionRefreshRequestSchema,
  sessionRevokeRequestSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Request } from 'express';
import Router from 'express-promise-router';
import { z } from 'zod';
import { HubError } from '../errors';
import { readJsonBody } from './requestBody';
import { scopeOf } from './requestScope';
import { HubServices } from './services';
import { validate } from './validate';

/** The only caller: the auth plugin, with its own plugin token. */
const AUTH_PLUGIN = 'plugin:auth';

/** Between the auth module and the hub. No part of the public contract. */
export function internalRouter(
  httpAuth: HttpAuthService,
  { sessions }: Pick<HubServices, 'sessions'>,
) {
  const router = Router();

  async function read<T extends z.ZodType>(
    req: Request,
    schema: T,
  ): Promise<z.output<T>> {
    scopeOf(req).route = `/internal${req.path}`;
    const { principal } = await httpAuth.credentials(req, {
      allow: ['user', 'service'],
    });
    if (principal.type !== 'service' || principal.subject !== AUTH_PLUGIN) {
      throw new HubError(
        'PERMISSION_DENIED',
        'This route is for the auth plugin of this Backstage only.',
      );
    }
    const { value } = await readJsonBody(req, { limit: 'other' });
    return validate(schema, value, 'body');
  }

  router.post('/sessions/local', async (req, res) => {
    const input = await read(req, localSignInRequestSchema);
    res.json(await sessions.signInLocal(input));
  });
  router.post('/sessions/refresh', async (req, res) => {
    const input = await read(req, sessionRefreshRequestSchema);
    res.json(await sessions.refresh(input));
  });
  router.post('/sessions/revoke', async (req, res) => {
    const input = await read(req, sessionRevokeRequestSchema);
    await sessions.revoke(input);
    res.status(204).end();
  });
  return router;
}
