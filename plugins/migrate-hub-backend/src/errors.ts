import { CustomErrorBase } from '@backstage/errors';
import {
  ErrorCode,
  errorCodes,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';

/** `error.name` as Backstage's own clients know it. */
const names: Record<number, string> = {
  400: 'InputError',
  401: 'AuthenticationError',
  403: 'NotAllowedError',
  404: 'NotFoundError',
  409: 'ConflictError',
  413: 'PayloadTooLargeError',
  422: 'UnprocessableError',
  429: 'TooManyRequestsError',
  503: 'ServiceUnavailableError',
};

/**
 * A refusal with a code of the contract.
 *
 * @remarks
 * The message says what happened, what is needed and, where known, how to get
 * it. `details` goes to the client as it is: no secrets, no SQL.
 */
export class HubError extends CustomErrorBase {
  readonly code: ErrorCode;
  readonly statusCode: number;
  readonly details?: Record<string, unknown>;
  /** Answer header `Retry-After`, in seconds. */
  readonly retryAfterSeconds?: number;

  constructor(
    code: ErrorCode,
    message: string,
    options: {
      details?: Record<string, unknown>;
      retryAfterSeconds?: number;
      cause?: Error;
    } = {},
  ) {
    super(message, options.cause);
    // The base class adds the cause's message, and this one goes to the client.
    this.message = message;
    this.code = code;
    this.statusCode = errorCodes[code];
    this.name = names[this.statusCode] ?? 'Error';
    this.details = options.details;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
