import { z } from 'zod';

/** How a part of the hub is on the replica that answers. @public */
export const healthFindingSchema = z.object({
  part: z.string(),
  ok: z.boolean(),
  /** Worth a look, but this replica can do its work. */
  warning: z.literal(true).optional(),
  /** What is wrong, or good to know. */
  message: z.string().optional(),
});
/** @public */
export type HealthFinding = z.infer<typeof healthFindingSchema>;
