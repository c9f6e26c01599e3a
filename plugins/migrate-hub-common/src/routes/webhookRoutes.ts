import * as webhooks from '../webhooks';
import { administerPermission } from '../permissions';
import { pageQuerySchema, pageSchema } from '../primitives';
import { byId, del, get, patch, post, Route } from './Route';

/** Other systems that are told what happens. */
export const webhookRoutes = {
  listWebhooks: get({
    path: '/webhooks',
    summary: 'Webhooks with their last deliveries',
    permission: administerPermission,
    query: pageQuerySchema,
    response: pageSchema(webhooks.webhookSchema),
  }),
  createWebhook: post(201, {
    path: '/webhooks',
    summary: 'Tell another system of approvals, results or checkpoints',
    permission: administerPermission,
    body: webhooks.webhookCreateSchema,
    response: webhooks.webhookSchema,
    idempotent: true,
  }),
  updateWebhook: patch({
    path: '/webhooks/:id',
    summary: 'Change a webhook, disable or enable it',
    permission: administerPermission,
    params: byId,
    body: webhooks.webhookPatchSchema,
    response: webhooks.webhookSchema,
  }),
  testWebhook: post(202, {
    path: '/webhooks/:id/test',
    summary: 'Send a webhook a test, whatever it is told of otherwise',
    permission: administerPermission,
    params: byId,
    response: webhooks.webhookSchema,
  }),
  deleteWebhook: del({
    path: '/webhooks/:id',
    summary: 'Remove a webhook, with what waits for it',
    permission: administerPermission,
    params: byId,
    response: webhooks.webhookDeletedSchema,
  }),
} satisfies Record<string, Route>;
