import { ErrorCode } from '@migrate-hub/backstage-plugin-migrate-hub-common';

/**
 * Why something may not be done now. The message is a full sentence for a
 * user: what happened, what is needed. `who` names those who could.
 */
export interface Refusal {
  code: ErrorCode;
  message: string;
  who?: string;
  details?: Record<string, unknown>;
}

/** Tells a refusal from the answer of a rule that gives either. */
export function isRefusal(value: object): value is Refusal {
  return 'code' in value && 'message' in value;
}

/** `1 target`, `2 targets`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
