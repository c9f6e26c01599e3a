import { z } from 'zod';
import * as environments from '../environments';
import { administerPermission, readPermission } from '../permissions';
import { environmentNameSchema } from '../primitives';
import { get, post, put, Route } from './Route';

const byName = z.object({ name: environmentNameSchema });

/** The environments and their policies. */
export const environmentRoutes = {
  listEnvironments: get({
    path: '/environments',
    summary: 'The environments in order, with their policies',
    permission: readPermission,
    response: z.array(environments.environmentSchema),
  }),
  getEnvironmentSettings: get({
    path: '/settings/environments/:name',
    summary: 'The policy of an environment, its floor and what is proposed',
    permission: administerPermission,
    params: byName,
    response: environments.environmentSettingsSchema,
  }),
  updateEnvironmentSettings: put({
    path: '/settings/environments/:name',
    summary:
      'Set the policy of an environment; weakening a protected one is a proposal',
    permission: administerPermission,
    params: byName,
    body: environments.environmentSettingsUpdateSchema,
    response: environments.environmentSettingsSchema,
  }),
  previewEnvironmentSettings: post(200, {
    path: '/settings/environments/:name/preview',
    summary: 'What a policy would change; writes nothing',
    permission: administerPermission,
    params: byName,
    body: environments.environmentPreviewRequestSchema,
    response: environments.environmentPreviewSchema,
  }),
  decideEnvironmentProposal: post(200, {
    path: '/settings/environments/:name/proposal',
    summary: 'Confirm a proposed policy as the second admin, or reject it',
    permission: administerPermission,
    params: byName,
    body: environments.proposalDecisionSchema,
    response: environments.environmentSettingsSchema,
  }),
} satisfies Record<string, Route>;
