import { Wire } from './wire';

/** A session as the server lists it. */
export interface ListedSession {
  account: string;
  host: string;
  command: string;
  seconds: number;
}

/**
 * One of the sessions that this account may see: its own, and with the privilege
 * PROCESS those of others too.
 *
 * @remarks
 * Not from `information_schema.PROCESSLIST`: MySQL fills that table with the
 * statements of all sessions, and fails (3854) if one of them holds a character
 * that utf8mb3 does not have.
 */
export async function findSession(
  wire: Wire,
  id: string | number,
): Promise<ListedSession | undefined> {
  const rows = await wire.rows('SHOW PROCESSLIST');
  const row = rows.find(({ Id }) => Id === String(id));
  return (
    row && {
      account: row.User ?? '',
      host: row.Host ?? '',
      command: row.Command ?? '',
      seconds: Number(row.Time),
    }
  );
}
