import {
  breathe,
  sha256Of,
  stretchesOf,
  utf8Of,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';

/** SQL as it is stored, under the checksum of its bytes. */
export interface SqlText {
  checksum: string;
  bytes: Buffer;
}

/** Turns CRLF into LF and keeps everything else as it was typed. */
export async function normalizeSql(sql: string): Promise<string> {
  if (!sql.includes('\r\n')) return sql;
  const parts: string[] = [];
  for (const stretch of stretchesOf(sql)) {
    if (parts.length > 0) await breathe();
    parts.push(stretch.replaceAll('\r\n', '\n'));
  }
  return parts.join('');
}

/** The UTF-8 bytes of SQL that was normalised before, and their sha256 in hex. */
export async function sqlTextOf(sql: string): Promise<SqlText> {
  const bytes = await utf8Of(sql);
  return { bytes, checksum: await sha256Of(bytes) };
}

/** What is kept of SQL as it was typed. */
export const storedTextOf = async (sql: string): Promise<SqlText> =>
  sqlTextOf(await normalizeSql(sql));
