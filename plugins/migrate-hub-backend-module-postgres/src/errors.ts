import { DatabaseError } from 'pg';
import {
  TargetConnection,
  TargetError,
  TargetErrorCode,
  tlsAlert,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';

/** The server says goodbye with these: shut down, killed by an administrator, timed out while idle. */
const GOODBYE = /^(57P0[1-5]|25P0[345]|08)/;

const CONNECT_CODES: Record<string, TargetErrorCode> = {
  '28P01': 'AUTHENTICATION_FAILED',
  '28000': 'AUTHENTICATION_FAILED',
  '42501': 'AUTHENTICATION_FAILED',
  '3D000': 'UNKNOWN_DATABASE',
};

const ADVICE: Partial<Record<TargetErrorCode, string>> = {
  AUTHENTICATION_FAILED: 'Check the user name and type the password again',
  UNKNOWN_DATABASE: 'Check the name of the database',
};

/** An error while connecting, with what to do about it. */
export function connectFailure(
  cause: unknown,
  { host, port, password }: TargetConnection,
  timeoutMs: number,
): TargetError {
  if (cause instanceof TargetError) {
    return cause;
  }
  const error = cause as Error & { code?: string };
  const at = `${host}, port ${port}`;
  const fail = (code: TargetErrorCode, message: string) =>
    new TargetError({
      code,
      message: redact(message, password),
      sqlState: cause instanceof DatabaseError ? cause.code : undefined,
      cause: cause instanceof DatabaseError ? undefined : cause,
    });

  if (cause instanceof DatabaseError) {
    const code = CONNECT_CODES[cause.code ?? ''] ?? 'UNREACHABLE';
    const advice = /certificate/.test(cause.message)
      ? 'Give the target a client certificate that the server trusts'
      : ADVICE[code] ?? 'The server answers but takes no session';
    return fail(code, `${cause.message}. ${advice}`);
  }
  const alert = tlsAlert(error.message);
  if (alert) {
    return fail(
      'TLS_FAILED',
      `${at} broke TLS off (${alert}). Give the target a client certificate that the server trusts, or check the version of TLS it takes`,
    );
  }
  if (isTlsError(error)) {
    return fail(
      'TLS_FAILED',
      `TLS with ${at} failed: ${error.message}. Check the TLS mode, the certificate authority and the host name in the server's certificate`,
    );
  }
  if (error.code === 'ECONNREFUSED') {
    return fail(
      'UNREACHABLE',
      `The connection to ${at} was refused. Check the port, and that the server runs and listens there`,
    );
  }
  if (error.code === 'ETIMEDOUT' || error.message === 'timeout expired') {
    return fail(
      'UNREACHABLE',
      `${at} did not answer within ${timeoutMs} ms. Check the address and the firewall in between`,
    );
  }
  return fail('UNREACHABLE', `Cannot connect to ${at}: ${error.message}`);
}

function isTlsError({
  code = '',
  message,
}: Error & { code?: string }): boolean {
  return (
    /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|EPROTO|INVALID_CA|ERR_OSSL)/.test(
      code,
    ) || /SSL connection|SSL connections|TLS connection/.test(message)
  );
}

/** Servers do not repeat passwords, but a user name may equal one. */
function redact(message: string, password: string): string {
  return password.length < 4 ? message : message.replaceAll(password, '***');
}

export function isConnectionLoss(error: unknown): boolean {
  return error instanceof DatabaseError
    ? GOODBYE.test(error.code ?? '')
    : error instanceof Error;
}

export function connectionLost(
  cause: unknown,
  options: { commitInDoubt?: boolean } = {},
): TargetError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new TargetError({
    code: 'CONNECTION_LOST',
    message: options.commitInDoubt
      ? `The connection was lost while COMMIT was on its way (${reason}): only the ledger can tell the outcome`
      : `The connection to the target was lost (${reason})`,
    sqlState: cause instanceof DatabaseError ? cause.code : undefined,
    connectionLost: true,
    commitInDoubt: options.commitInDoubt,
    cause,
  });
}

/** The context of an error repeats the SQL of a function or DO body, which may hold passwords. */
function withoutSql(where: string | undefined): string | undefined {
  return where?.replace(/^SQL (statement|expression) ".*"$/gms, 'SQL $1');
}

/** The message of a data exception quotes the value at its end: that is for the detail. */
function withoutValue({ code, message }: DatabaseError): string {
  return code?.startsWith('22')
    ? message.replace(/: ".*"$/s, ': "…"')
    : message;
}

/** An error that the server answered, in its own words; what may hold rows is in the detail. */
export function serverFailure(
  cause: unknown,
  options: {
    code?: TargetErrorCode;
    message?: string;
    sql?: string;
    mayHaveSideEffects?: boolean;
  } = {},
): TargetError {
  if (cause instanceof TargetError) {
    return cause;
  }
  if (!(cause instanceof DatabaseError)) {
    return connectionLost(cause);
  }
  const { detail, hint, where } = cause;
  const message = withoutValue(cause);
  const whole = message === cause.message ? undefined : cause.message;
  return new TargetError({
    code: options.code ?? 'STATEMENT_FAILED',
    message: options.message ?? message,
    sqlState: cause.code,
    detail:
      [whole, detail, hint, withoutSql(where)].filter(Boolean).join('\n') ||
      undefined,
    position: positionIn(options.sql, cause.position),
    mayHaveSideEffects: options.mayHaveSideEffects,
  });
}

/** Postgres counts characters from 1, JavaScript UTF-16 units from 0. */
function positionIn(
  sql: string | undefined,
  position: string | undefined,
): number | undefined {
  if (sql === undefined || position === undefined) {
    return undefined;
  }
  let offset = 0;
  for (
    let left = Number(position) - 1;
    left > 0 && offset < sql.length;
    left -= 1
  ) {
    offset += (sql.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1;
  }
  return offset;
}

export function sessionDamaged(message: string): TargetError {
  return new TargetError({ code: 'SESSION_DAMAGED', message });
}
