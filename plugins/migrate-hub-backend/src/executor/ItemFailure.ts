import { Outcome } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { RunItemErrorCode } from '../domain/execution';

/** Why an item fails, where the hub and not the server says so. */
export class ItemFailure extends Error {
  readonly code: RunItemErrorCode;
  /** Where it is known better than by what was sent. */
  readonly outcome?: Outcome;

  constructor(
    code: RunItemErrorCode,
    message: string,
    options: { outcome?: Outcome } = {},
  ) {
    super(message);
    this.name = 'ItemFailure';
    this.code = code;
    this.outcome = options.outcome;
  }
}
