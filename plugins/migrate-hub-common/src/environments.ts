import { z } from 'zod';
import { environmentNameSchema, roleSchema } from './primitives';

/** The rules of one environment. Times are seconds unless the name says hours. @public */
export const environmentPolicySchema = z.strictObject({
  requestRoles: z.array(roleSchema).min(1),
  approveRoles: z.array(z.enum(['manager', 'admin'])).min(1),
  executeRoles: z.array(roleSchema).min(1),
  resolveRoles: z.array(z.enum(['manager', 'admin'])).min(1),
  approvalsRequired: z.int().min(1).max(20),
  selfApproval: z.boolean(),
  approvalValidHours: z
    .number()
    .positive()
    .max(24 * 365)
    .optional(),
  requireSuccessIn: environmentNameSchema.optional(),
  lockTimeoutSeconds: z
    .int()
    .min(1)
    .max(24 * 3600),
  statementTimeoutSeconds: z
    .int()
    .min(1)
    .max(7 * 24 * 3600),
  parallelism: z.int().min(1).max(1000),
});
/** @public */
export type EnvironmentPolicy = z.infer<typeof environmentPolicySchema>;

/** @public */
export const environmentSchema = z.object({
  name: z.string(),
  policy: environmentPolicySchema,
  /** The policy as sentences. */
  policyText: z.string(),
});
/** @public */
export type Environment = z.infer<typeof environmentSchema>;
