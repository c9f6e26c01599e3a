import { ConnectionCheck } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Wire } from './wire';

const MOST_NAMED = 5;

/** What any account has on the whole server, or may have without harm. */
const HARMLESS = new Set(['USAGE', 'SHOW DATABASES', 'SHOW_ROUTINE']);

/** `'user'@'host'` as information_schema writes it. */
const GRANTEE = `concat('''', substring(current_user(), 1,
  char_length(current_user()) - char_length(substring_index(current_user(), '@', -1)) - 1),
  '''@''', substring_index(current_user(), '@', -1), '''')`;

const listed = (names: string[]) =>
  `${names.slice(0, MOST_NAMED).join(', ')}${
    names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : ''
  }`;

/** The worst first. */
const WORST = ['SUPER', 'FILE', 'CREATE USER', 'SHUTDOWN', 'PROCESS'];

function byHarm(one: string, other: string): number {
  const rank = (name: string) => {
    const at = WORST.indexOf(name);
    return at < 0 ? WORST.length : at;
  };
  return rank(one) - rank(other) || (one < other ? -1 : 1);
}

/**
 * What the account may do beyond the database of a target, as far as it is
 * granted to the account itself. It is a warning: approving a run on this target
 * approves SQL with these rights.
 */
export async function excessRights(
  wire: Wire,
  { username, schema }: { username: string; schema: string },
): Promise<ConnectionCheck> {
  const everywhere = await wire.rows(
    `SELECT privilege_type AS name FROM information_schema.user_privileges WHERE grantee = ${GRANTEE}`,
  );
  const elsewhere = await wire.rows(
    `SELECT DISTINCT table_schema AS name FROM information_schema.schema_privileges WHERE grantee = ${GRANTEE} ORDER BY 1`,
  );
  const names = everywhere
    .map(({ name }) => String(name))
    .filter(name => !HARMLESS.has(name))
    .sort(byHarm);
  const schemas = elsewhere
    .map(({ name }) => String(name))
    // An underscore in a grant is a wildcard unless it is escaped.
    .filter(name => name.replaceAll('\\', '') !== schema);
  const rights = [
    ...(names.length > 0 ? [`has on the whole server ${listed(names)}`] : []),
    ...(schemas.length > 0
      ? [`has rights on other databases: ${listed(schemas)}`]
      : []),
  ];
  return rights.length === 0
    ? {
        name: 'excess_rights',
        ok: true,
        message: `${username} is granted nothing beyond ${schema}`,
      }
    : {
        name: 'excess_rights',
        ok: true,
        warning: true,
        message: `${username} ${rights.join('; ')}`,
      };
}
