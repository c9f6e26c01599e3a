import { DatabaseError, escapeLiteral } from 'pg';
import {
  ServerIdentity,
  SessionHandle,
  TargetError,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { Wire } from './Wire';

/** What a session learns of its server before anything else. */
export interface ServerFacts {
  identity: ServerIdentity;
  /** The account may not read `pg_control_system()`; the address stands in for the identity. */
  identityByAddress: boolean;
  backend: SessionHandle;
  /** `server_version_num`, e.g. 180004. */
  versionNumber: number;
  standby: boolean;
  /** Between us and the server stands something that shares its sessions. */
  pooled: boolean;
  /** The role in force after log-in: `none`, or what `ALTER ROLE … SET role` says. */
  role: string;
}

/** PostgreSQL 13: `pg_current_xact_id()`, and everything older is out of support. */
const OLDEST = 130_000;

export const STARTED_AT = `pg_catalog.to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

const SYSTEM_IDENTIFIER =
  '(SELECT system_identifier::text FROM pg_catalog.pg_control_system())';

/**
 * From the name of the file that is being written: the control file shows a new
 * timeline only some time after a promotion.
 */
const TIMELINE = `CASE WHEN NOT pg_catalog.pg_is_in_recovery() THEN pg_catalog.left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn()), 8) END`;

/** Permission denied, or a function that this kind of server does not have. */
const WITHHELD = /^(42501|0A000|42883|55000)$/;

const FALLBACK_IDENTIFIER = `'address:' || coalesce(pg_catalog.inet_server_addr()::text, 'local') || ':' || coalesce(pg_catalog.inet_server_port()::text, '')`;

/** Some services take away what an ordinary server lets everybody ask. */
const VARIANTS: Variant[] = [
  { identifier: SYSTEM_IDENTIFIER, timeline: TIMELINE },
  { identifier: SYSTEM_IDENTIFIER, timeline: 'NULL' },
  { identifier: FALLBACK_IDENTIFIER, timeline: TIMELINE },
  { identifier: FALLBACK_IDENTIFIER, timeline: 'NULL' },
];

interface Variant {
  identifier: string;
  timeline: string;
}

/**
 * Sets the session up and asks who the server is, in one round trip.
 *
 * @remarks
 * Settings are set only if the server's process is the one that greeted us:
 * behind a pooler they would leak into the sessions of others.
 */
export async function meetServer(
  wire: Wire,
  settings: Record<string, string>,
): Promise<ServerFacts> {
  const variants = [...VARIANTS];
  for (;;) {
    const variant = variants.shift();
    if (!variant) throw new Error('no variant is left');
    try {
      return await meet(wire, settings, variant);
    } catch (error) {
      const code = error instanceof DatabaseError ? error.code ?? '' : '';
      if (!WITHHELD.test(code) || variants.length === 0) throw error;
    }
  }
}

async function meet(
  wire: Wire,
  settings: Record<string, string>,
  { identifier, timeline }: Variant,
): Promise<ServerFacts> {
  const results = await wire.ask(`
SELECT
  pg_catalog.pg_backend_pid()::text AS pid,
  (SELECT ${STARTED_AT} FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid())) AS started_at,
  pg_catalog.current_database()::text AS database,
  pg_catalog.current_setting('server_version') AS version,
  pg_catalog.current_setting('server_version_num')::int AS version_number,
  pg_catalog.current_setting('role') AS role,
  pg_catalog.pg_is_in_recovery() AS standby,
  ${timeline} AS timeline,
  ${identifier} AS identifier;
${setQuery(settings, wire.processId)}`);
  const [row] = results[0].rows;
  return {
    identity: {
      id: `${row.identifier}/${row.database}`,
      flavour: 'PostgreSQL',
      version: String(row.version).split(' ')[0],
    },
    identityByAddress: identifier === FALLBACK_IDENTIFIER,
    backend: {
      pid: String(row.pid),
      startedAt: String(row.started_at),
      ...(row.timeline ? { timeline: String(row.timeline) } : {}),
    },
    versionNumber: Number(row.version_number),
    standby: row.standby === true,
    pooled: String(wire.processId) !== row.pid,
    role: String(row.role),
  };
}

function setQuery(
  settings: Record<string, string>,
  processId: number | undefined,
): string {
  const wanted = Object.entries(settings).map(
    ([name, value]) => `(${escapeLiteral(name)}, ${escapeLiteral(value)})`,
  );
  // A setting that this version does not know is left out. The view pg_settings
  // would tell as well, for a millisecond of each new session.
  return `
SELECT pg_catalog.set_config(w.name, w.value, false)
FROM (VALUES ${wanted.join(', ')}) AS w (name, value)
WHERE pg_catalog.current_setting(w.name, true) IS NOT NULL
  AND pg_catalog.pg_backend_pid() = ${processId ?? -1}
  AND (w.name <> 'client_connection_check_interval' OR pg_catalog.version() !~* 'visual c|mingw|w64')`;
}

/** Of every session of ours. The idle limits of the server would cut a run off between two statements. */
export function sessionSettings(options: {
  lockTimeoutMs: number;
  statementTimeoutMs: number;
}): Record<string, string> {
  return {
    standard_conforming_strings: 'on',
    lock_timeout: String(options.lockTimeoutMs),
    statement_timeout: String(options.statementTimeoutMs),
    idle_in_transaction_session_timeout: '0',
    idle_session_timeout: '0',
    transaction_timeout: '0',
    // The server notices within a second that we are gone, and rolls back.
    client_connection_check_interval: '1000',
  };
}

export function assertSupported({
  identity,
  versionNumber,
  standby,
}: ServerFacts): void {
  if (versionNumber < OLDEST) {
    throw new TargetError({
      code: 'UNSUPPORTED_SERVER',
      message: `PostgreSQL ${identity.version} is too old: 13 or newer is needed`,
    });
  }
  if (standby) {
    throw new TargetError({
      code: 'UNSUPPORTED_SERVER',
      message:
        'This server is a standby and takes no writes. Give the address of the primary',
    });
  }
}
