/** What went wrong at a target, in one word. @public */
export type TargetErrorCode =
  | 'UNREACHABLE'
  | 'ADDRESS_REFUSED'
  | 'TLS_FAILED'
  | 'AUTHENTICATION_FAILED'
  | 'INSECURE_PASSWORD_REFUSED'
  | 'UNKNOWN_DATABASE'
  | 'UNSUPPORTED_SERVER'
  | 'LOCK_TIMEOUT'
  | 'LOCK_UNSUPPORTED'
  | 'HISTORY_TABLE_FOREIGN'
  | 'HISTORY_TABLE_DENIED'
  | 'HISTORY_CHANGED'
  | 'SESSION_DAMAGED'
  | 'STATEMENT_FAILED'
  | 'STATEMENT_TIMEOUT'
  | 'CANCELED'
  | 'COMMIT_REFUSED'
  | 'CONNECTION_LOST';

/**
 * An error of a target in the words of its server. The message never holds a
 * password. `detail` may hold row values (Postgres DETAIL, HINT, CONTEXT): keep
 * it out of answers and logs that everybody reads.
 *
 * @public
 */
export class TargetError extends Error {
  readonly code: TargetErrorCode;
  /** SQLSTATE, or the engine's own error number as text. */
  readonly sqlState?: string;
  readonly detail?: string;
  /** Character offset from 0 into the statement that was sent. */
  readonly position?: number;
  /** The session is gone; what was in flight may or may not have taken effect. */
  readonly connectionLost: boolean;
  /** COMMIT was sent and no answer came. */
  readonly commitInDoubt: boolean;
  /**
   * The failed statement may have left something behind (an invalid index, a
   * half-done DROP TABLE list, rows of a non-transactional table).
   */
  readonly mayHaveSideEffects: boolean;

  constructor(options: {
    code: TargetErrorCode;
    message: string;
    sqlState?: string;
    detail?: string;
    position?: number;
    connectionLost?: boolean;
    commitInDoubt?: boolean;
    mayHaveSideEffects?: boolean;
    cause?: unknown;
  }) {
    super(options.message, { cause: options.cause });
    this.name = 'TargetError';
    this.code = options.code;
    this.sqlState = options.sqlState;
    this.detail = options.detail;
    this.position = options.position;
    this.connectionLost = options.connectionLost ?? false;
    this.commitInDoubt = options.commitInDoubt ?? false;
    this.mayHaveSideEffects = options.mayHaveSideEffects ?? false;
  }
}
