import { CustomErrorBase } from '@backstage/errors';
import {
  ErrorCode,
  errorCodes,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';

const names: Record<number, string> = {
  400: 'InputError',
  401: 'AuthenticationError',
  403: 'NotAllowedError',
  429: 'TooManyRequestsError',
  503: 'ServiceUnavailableError',
};

/** Why somebody was not let in, with a code of the hub's contract. */
export class SignInError extends CustomErrorBase {
  readonly code: ErrorCode;
  readonly statusCode: number;
  readonly retryAfter?: string;

  constructor(
    code: ErrorCode,
    message: string,
    options: { retryAfter?: string } = {},
  ) {
    super(message);
    this.code = code;
    this.statusCode = errorCodes[code];
    this.name = names[this.statusCode] ?? 'Error';
    this.retryAfter = options.retryAfter;
  }
}
