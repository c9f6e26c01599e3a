import { sha256 } from '../crypto/canonical';

/** Turns CRLF into LF and keeps everything else as it was typed. */
export function normalizeSql(sql: string): string {
  return sql.replaceAll('\r\n', '\n');
}

/** sha256 hex of the UTF-8 bytes of SQL that was normalised before. */
export function checksumOf(sql: string): string {
  return sha256(sql);
}
