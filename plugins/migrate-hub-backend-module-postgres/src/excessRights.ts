import { ConnectionCheck } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { escapeLiteral } from 'pg';
import { Wire } from './Wire';

const MOST_NAMED = 5;

/** In words, and in the order in which they matter. */
const ROLES = {
  superuser: 'is a superuser, who may do anything on the whole server',
  files_written: 'may write files of the server (pg_write_server_files)',
  programs: 'may run programs on the server (pg_execute_server_program)',
  files_read: 'may read files of the server (pg_read_server_files)',
  replication: 'may replicate every database of the server (REPLICATION)',
  bypass: 'is not held by row security (BYPASSRLS)',
  roles: 'may create roles (CREATEROLE)',
  databases: 'may create databases (CREATEDB)',
} as const;

const queryWithout = (schema: string) => `
SELECT rolsuper AS superuser, rolreplication AS replication, rolbypassrls AS bypass,
  rolcreaterole AS roles, rolcreatedb AS databases,
  pg_catalog.pg_has_role(oid, 'pg_read_server_files', 'MEMBER') AS files_read,
  pg_catalog.pg_has_role(oid, 'pg_write_server_files', 'MEMBER') AS files_written,
  pg_catalog.pg_has_role(oid, 'pg_execute_server_program', 'MEMBER') AS programs
FROM pg_catalog.pg_roles WHERE rolname = current_user;
SELECT nspname FROM pg_catalog.pg_namespace
WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
  AND nspname <> ${escapeLiteral(schema)}
  AND pg_catalog.has_schema_privilege(oid, 'CREATE')
ORDER BY nspname`;

/**
 * What the account may do beyond the schema of a target. It is a warning:
 * approving a run on this target approves SQL with these rights.
 */
export async function excessRights(
  wire: Wire,
  { username, schema }: { username: string; schema: string },
): Promise<ConnectionCheck> {
  const results = await wire.ask(queryWithout(schema));
  const [role] = results[0].rows;
  const rights: string[] = Object.entries(ROLES).flatMap(([name, words]) =>
    role?.[name] === true ? [words] : [],
  );
  const schemas = results[1].rows.map(({ nspname }) => String(nspname));
  // Whoever may do anything may do that as well.
  if (role?.superuser === true) rights.splice(1);
  else if (schemas.length > 0) {
    rights.push(
      `may create in other schemas: ${schemas.slice(0, MOST_NAMED).join(', ')}${
        schemas.length > MOST_NAMED
          ? ` and ${schemas.length - MOST_NAMED} more`
          : ''
      }`,
    );
  }
  if (rights.length === 0) {
    return {
      name: 'excess_rights',
      ok: true,
      message: `${username} has no rights beyond ${schema}`,
    };
  }
  return {
    name: 'excess_rights',
    ok: true,
    warning: true,
    message: `${username} ${rights.join('; ')}`,
  };
}
