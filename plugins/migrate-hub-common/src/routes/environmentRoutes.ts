import { z } from 'zod';
import { environmentSchema } from '../environments';
import { readPermission } from '../permissions';
import { get, Route } from './Route';

/** The environments and their policies. */
export const environmentRoutes = {
  listEnvironments: get({
    path: '/environments',
    summary: 'The environments in order, with their policies',
    permission: readPermission,
    response: z.array(environmentSchema),
  }),
} satisfies Record<string, Route>;
