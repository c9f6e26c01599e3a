import { z } from 'zod';
import { policyChangeSchema } from './environments';
import { historyEntrySchema } from './migrations';
import {
  actorSchema,
  environmentNameSchema,
  idSchema,
  pageQuerySchema,
  timeSchema,
} from './primitives';
import { runSummarySchema } from './runs';

/** @public */
export const pendingApprovalQuerySchema = pageQuerySchema.extend({
  scope: z.enum(['mine', 'all']).default('mine'),
  environment: environmentNameSchema.optional(),
});

/** @public */
export const dashboardSchema = z.object({
  waitingForMe: z.array(
    z.object({
      kind: z.enum([
        'approve',
        'execute',
        'continue',
        'confirmBreakGlass',
        'resolve',
      ]),
      run: runSummarySchema,
      item: idSchema.optional(),
      since: timeSchema,
    }),
  ),
  /** Weaker policies that wait for me as the second admin. */
  proposalsForMe: z.array(
    z.object({
      environment: z.string(),
      changes: z.array(policyChangeSchema),
      reason: z.string().optional(),
      proposedBy: actorSchema,
      since: timeSchema,
    }),
  ),
  pendingApprovals: z.int(),
  activeRuns: z.array(runSummarySchema),
  recentActivity: z.array(
    historyEntrySchema.extend({ migration: z.string().optional() }),
  ),
  environments: z.array(
    z.object({
      name: z.string(),
      executed: z.int(),
      failed: z.int(),
      waiting: z.int(),
    }),
  ),
  counts: z.object({
    projects: z.int(),
    migrations: z.int(),
    targets: z.int(),
    openRuns: z.int(),
  }),
});
/** @public */
export type Dashboard = z.infer<typeof dashboardSchema>;
