import { createHash } from 'crypto';
import {
  ServerIdentity,
  TargetError,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { TextRow, Wire } from './wire';

export type Flavour = 'MySQL' | 'MariaDB';

/** What a session must know about its server, read once at connect. */
export interface ServerFacts {
  flavour: Flavour;
  version: string;
  identity: ServerIdentity;
  /** The database, as the server tells names apart. */
  schema: string;
  /** Whether names of tables that differ in case only are the same. */
  foldsCase: boolean;
  connectionId: string;
  /** UTC, by the server's clock. */
  now: string;
  /** `NONE`, or what SET ROLE takes to get back to it. */
  role: string;
  sqlMode: string;
  maxPacket: number;
  /** Of a server whose commits bear GTIDs; undefined where they do not. */
  gtids?: {
    serverUuid: string;
    /** Whether a crash of the machine keeps the list of GTIDs as complete as the tables. */
    isDurable: boolean;
  };
  isGalera: boolean;
  isReadOnly: boolean;
  /** Whether something between us and the server shares its sessions. */
  hasPooler: boolean;
}

const VARIABLES = [
  'version',
  'server_uuid',
  'hostname',
  'port',
  'datadir',
  'server_id',
  'lower_case_table_names',
  'sql_mode',
  'max_allowed_packet',
  'gtid_mode',
  'log_bin',
  'sql_log_bin',
  'sync_binlog',
  'wsrep_on',
  'read_only',
  'super_read_only',
];

/**
 * SHOW VARIABLES, because naming a variable that a server does not know is an
 * error in SELECT: one round trip for both flavours.
 */
const VARIABLES_SQL = `SHOW SESSION VARIABLES WHERE Variable_name IN ('${VARIABLES.join(
  "','",
)}')`;

const SESSION_SQL =
  'SELECT CONNECTION_ID() AS id, DATABASE() AS db, CURRENT_ROLE() AS role, UTC_TIMESTAMP(6) AS now';

export async function readFacts(
  wire: Wire,
  asked: { database: string; threadId: number },
): Promise<ServerFacts> {
  const variables = new Map(
    (await wire.rows(VARIABLES_SQL)).map(row => [
      String(row.Variable_name).toLowerCase(),
      row.Value ?? '',
    ]),
  );
  const [session] = await wire.rows(SESSION_SQL);
  const value = (name: string) => variables.get(name) ?? '';
  const full = value('version');
  const flavour: Flavour = /mariadb/i.test(full) ? 'MariaDB' : 'MySQL';
  const version = /^\d+\.\d+(\.\d+)?/.exec(full)?.[0] ?? full;
  const foldsCase = value('lower_case_table_names') !== '0';
  const database = session.db ?? asked.database;
  const schema = foldsCase ? database.toLowerCase() : database;
  return {
    flavour,
    version,
    identity: { id: `${serverId(value)}/${schema}`, flavour, version },
    schema,
    foldsCase,
    connectionId: String(session.id),
    now: isoTime(session.now ?? ''),
    role: roleOf(session, flavour),
    sqlMode: value('sql_mode'),
    maxPacket: Number(value('max_allowed_packet')),
    gtids:
      flavour === 'MySQL' &&
      ['gtid_mode', 'log_bin', 'sql_log_bin'].every(n => value(n) === 'ON')
        ? {
            serverUuid: value('server_uuid').toLowerCase(),
            isDurable: value('sync_binlog') === '1',
          }
        : undefined,
    isGalera: value('wsrep_on') === 'ON',
    isReadOnly:
      value('read_only') === 'ON' || value('super_read_only') === 'ON',
    // The handshake has room for 32 bits of it.
    hasPooler: Number(session.id) % 2 ** 32 !== asked.threadId,
  };
}

/**
 * MariaDB has no server_uuid. What stands in is stable over restarts and
 * upgrades and readable by any account; the README names its limits.
 */
function serverId(value: (name: string) => string): string {
  const uuid = value('server_uuid');
  if (uuid) {
    return uuid;
  }
  const facts = ['hostname', 'port', 'datadir', 'server_id'].map(value);
  const hash = createHash('sha256').update(JSON.stringify(facts)).digest('hex');
  return `mariadb-${hash.slice(0, 32)}`;
}

function roleOf({ role }: TextRow, flavour: Flavour): string {
  if (!role) {
    return 'NONE';
  }
  return flavour === 'MariaDB' ? `\`${role.replaceAll('`', '``')}\`` : role;
}

/** `2026-01-02 03:04:05.000006`, known to be UTC. */
export function isoTime(text: string): string {
  return `${text.replace(' ', 'T')}Z`;
}

const OLDEST = { MySQL: [8, 0], MariaDB: [10, 6] } as const;

/** Why this server cannot be a target, or undefined if it can. */
function unsupportedBecause({
  flavour,
  version,
}: ServerFacts): string | undefined {
  const [major, minor] = version.split('.').map(Number);
  const [oldMajor, oldMinor] = OLDEST[flavour];
  const isOld = major < oldMajor || (major === oldMajor && minor < oldMinor);
  return isOld
    ? `${flavour} ${version} is too old: ${oldMajor}.${oldMinor} or newer is needed`
    : undefined;
}

/** In these modes the server reads quotes in another way than the plan was cut by. */
export function misreadingModes(sqlMode: string): string[] {
  const modes = sqlMode.split(',');
  return ['ANSI_QUOTES', 'NO_BACKSLASH_ESCAPES'].filter(mode =>
    modes.includes(mode),
  );
}

export function assertSupported(facts: ServerFacts): void {
  const modes = misreadingModes(facts.sqlMode);
  const why =
    unsupportedBecause(facts) ??
    (modes.length > 0
      ? `The server's sql_mode has ${modes.join(
          ' and ',
        )}: quotes would be read in another way than was approved. Take it out of sql_mode for this account or server`
      : undefined);
  if (why) {
    throw new TargetError({ code: 'UNSUPPORTED_SERVER', message: why });
  }
}
