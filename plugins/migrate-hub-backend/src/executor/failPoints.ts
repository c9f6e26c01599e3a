/** Places where a test may make a worker fail. */
export type FailPointName =
  | 'claimed'
  | 'connected'
  | 'locked'
  | 'decided'
  | 'intent_written'
  | 'statement_done'
  | 'record_written'
  | 'before_commit'
  | 'after_commit'
  | 'closed';

/**
 * Called at each of these places, only where a test gave one.
 *
 * @param index - of the statement, where one is concerned
 */
export type FailPoint = (
  name: FailPointName,
  at: { itemId: string; attempt: number; index?: number },
) => Promise<void>;
