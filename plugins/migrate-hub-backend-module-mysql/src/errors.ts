import {
  TargetError,
  TargetErrorCode,
  tlsAlert,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';

/** What an error of mysql2 carries, whatever its kind. */
export interface DriverError {
  code?: string;
  errno?: number;
  fatal?: boolean;
  message: string;
}

/** Numbers of the server's errors that are decided by. */
export const SERVER_ERROR = {
  unknownDatabase: 1049,
  unknownTable: 1051,
  unknownColumn: 1054,
  duplicateColumn: 1060,
  duplicateEntry: 1062,
  unknownThread: 1094,
  notOwnerOfThread: 1095,
  tableNotLocked: 1100,
  columnCount: 1136,
  accessDenied: 1142,
  noSuchTable: 1146,
  lockWaitTimeout: 1205,
  deadlock: 1213,
  readLocked: 1223,
  savepointMissing: 1305,
  sortAborted: 1028,
  queryInterrupted: 1317,
  noDefault: 1364,
  wrongValue: 1366,
  tooLong: 1406,
  readOnlyTransaction: 1792,
  mariadbStatementTimeout: 1969,
  mysqlStatementTimeout: 3024,
} as const;

/** The connection is gone, or the server ends it right after this error. */
const LOST_NUMBERS = new Set([
  1053, 1077, 1078, 1079, 1080, 1152, 1153, 1156, 1157, 1158, 1159, 1160, 1161,
  1184, 1927, 3169, 4031,
]);
const LOST_CODES = new Set([
  'PROTOCOL_CONNECTION_LOST',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ECONNABORTED',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

const DENIED = new Set([1044, 1142, 1143, 1227, 1290, 1370, 1836]);

export function asDriverError(error: unknown): DriverError {
  const isLike =
    typeof error === 'object' && error !== null && 'message' in error;
  return isLike ? (error as DriverError) : { message: String(error) };
}

export function isLost({ code, errno, fatal }: DriverError): boolean {
  return (
    (errno !== undefined && LOST_NUMBERS.has(errno)) ||
    (code !== undefined && LOST_CODES.has(code)) ||
    (fatal === true && errno === undefined)
  );
}

export function isDenied({ errno }: DriverError): boolean {
  return errno !== undefined && DENIED.has(errno);
}

export function connectionLost(why: string): TargetError {
  return new TargetError({
    code: 'CONNECTION_LOST',
    message: `The connection to the database is lost: ${why}`,
    connectionLost: true,
  });
}

/** What these quote is a value of a row, or the SQL itself. */
const QUOTES: Record<number, [RegExp, string]> = {
  1062: [/entry '.*' for key/s, "entry '…' for key"],
  1064: [/ near '.*' at line (\d+)$/s, ' near line $1'],
  1292: [/value: '.*'/s, "value: '…'"],
  1366: [/value: '.*?'(?= for column|$)/s, "value: '…'"],
  1411: [/value: '.*'/s, "value: '…'"],
};

const SYNTAX_ERROR = 1064;

/** SQL is shown where SQL is read, by its line; it may hold passwords. */
function valuesOf(error: DriverError, told: string): string | undefined {
  const keeps = error.errno !== SYNTAX_ERROR && told !== error.message;
  return keeps ? error.message : undefined;
}

function withoutValues({ errno, message }: DriverError): string {
  const [pattern, instead] = QUOTES[errno ?? 0] ?? [];
  return pattern ? message.replace(pattern, instead ?? '') : message;
}

/**
 * An error in the server's words and number; what may hold rows is in the
 * detail. The original is not kept as the
 * cause, because mysql2 hangs the whole statement on it. That the line is lost
 * is told already, and stays what it is.
 */
export function serverError(
  code: TargetErrorCode,
  error: DriverError,
  extra: { prefix?: string; mayHaveSideEffects?: boolean } = {},
): TargetError {
  if (error instanceof TargetError) return error;
  if (isLost(error)) {
    return connectionLost(error.message);
  }
  const number = error.errno === undefined ? '' : ` (${error.errno})`;
  const message = withoutValues(error);
  return new TargetError({
    code,
    message: `${extra.prefix ?? ''}${message}${number}`,
    detail: valuesOf(error, message),
    sqlState: error.errno?.toString(),
    mayHaveSideEffects: extra.mayHaveSideEffects,
  });
}

const AUTHENTICATION = new Set([
  1045, 1129, 1130, 1251, 1275, 1524, 1698, 1820, 1862, 3118, 4151,
]);
const TLS_CODES = new Set(['HANDSHAKE_SSL_ERROR', 'HANDSHAKE_NO_SSL_SUPPORT']);

/** What a failure on the way into the server means. */
export function connectError(
  error: DriverError,
  where: { host: string; port: number; database: string },
): TargetError {
  const { errno, code, message } = error;
  const make = (kind: TargetErrorCode, text: string) =>
    new TargetError({ code: kind, message: text, sqlState: errno?.toString() });
  const server = `${where.host}:${where.port}`;
  if (errno === 1049 || errno === 1044) {
    return make(
      'UNKNOWN_DATABASE',
      `The database ${where.database} does not exist on ${server}, or this account may not use it: ${message}`,
    );
  }
  if (TLS_CODES.has(code ?? '') || errno === 3159) {
    return make(
      'TLS_FAILED',
      code === 'HANDSHAKE_NO_SSL_SUPPORT'
        ? `${server} does not offer TLS`
        : `TLS with ${server} failed: ${message}`,
    );
  }
  const alert = tlsAlert(message);
  if (alert) {
    return make(
      'TLS_FAILED',
      `${server} broke TLS off (${alert}). Give the target a client certificate that the server trusts, or check the version of TLS it takes`,
    );
  }
  if (errno !== undefined && AUTHENTICATION.has(errno)) {
    return make('AUTHENTICATION_FAILED', message);
  }
  if (code === 'AUTH_SWITCH_PLUGIN_ERROR') {
    return make(
      'AUTHENTICATION_FAILED',
      `${server} asks for a way of signing in that is not supported (${message}). Use caching_sha2_password or mysql_native_password for this account`,
    );
  }
  return make('UNREACHABLE', `${server} could not be reached: ${message}`);
}
