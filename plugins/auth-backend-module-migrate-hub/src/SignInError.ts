import { CustomErrorBase } from '@backstage/errors';
import {
  ErrorCode,
  SignInRefusal,
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
  /** The hub's word for it, where there is one. */
  readonly told?: SignInRefusal;

  constructor(
    code: ErrorCode,
    message: string,
    options: { retryAfter?: string; told?: SignInRefusal } = {},
  ) {
    super(message);
    this.code = code;
    this.statusCode = errorCodes[code];
    this.name = names[this.statusCode] ?? 'Error';
    this.retryAfter = options.retryAfter;
    this.told = options.told;
  }
}
