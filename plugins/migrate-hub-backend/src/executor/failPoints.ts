/** Places where a test may make a worker fail, in the order of its work. */
export const failPointNames = [
  'claimed',
  'connected',
  'locked',
  'decided',
  'intent_written',
  'statement_done',
  'record_written',
  'before_commit',
  'after_commit',
  'closed',
] as const;

export type FailPointName = (typeof failPointNames)[number];

/**
 * Called at each of these places, only where a test gave one.
 *
 * @param index - of the statement, where one is concerned
 */
export type FailPoint = (
  name: FailPointName,
  at: { itemId: string; attempt: number; index?: number },
) => Promise<void>;
