import { ConnectionCheck } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import {
  ConnectionTestResult,
  TargetConnection,
  TargetError,
  TargetErrorCode,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { serverFailure } from './errors';
import { excessRights } from './excessRights';
import {
  assertSupported,
  meetServer,
  ServerFacts,
  sessionSettings,
} from './server';
import {
  denialOf,
  foreignMessage,
  inspectTables,
  tableNames,
  TablesState,
} from './tables';
import { Wire } from './Wire';

type CheckName = ConnectionCheck['name'];

/** What must work before a session exists, in this order. */
const STAGES: CheckName[] = ['reachable', 'tls', 'authentication', 'database'];

const STAGE_OF: Partial<Record<TargetErrorCode, CheckName>> = {
  TLS_FAILED: 'tls',
  AUTHENTICATION_FAILED: 'authentication',
  INSECURE_PASSWORD_REFUSED: 'authentication',
  UNKNOWN_DATABASE: 'database',
};

/** Connects, asks, and says of each thing whether it is well. Never throws for what a server does. */
export async function testConnection(
  connection: TargetConnection,
  { timeoutMs }: { timeoutMs: number },
): Promise<ConnectionTestResult> {
  const checks: ConnectionCheck[] = [];
  const started = performance.now();
  const finish = (facts?: ServerFacts, latencyMs?: number) => ({
    ok: checks.every(({ ok }) => ok),
    ...(facts ? { identity: facts.identity } : {}),
    latencyMs: Math.round(latencyMs ?? performance.now() - started),
    checks,
  });

  let wire: Wire;
  try {
    wire = await Wire.open(connection, { tag: 'migrate-hub test', timeoutMs });
  } catch (error) {
    checks.push(...stagesUntil(connection, error as TargetError));
    return finish();
  }
  checks.push(...stagesUntil(connection));
  const left = Math.max(timeoutMs - (performance.now() - started), 1);
  const watchdog = setTimeout(() => {
    wire.close().catch(() => {});
  }, left);
  try {
    const asked = performance.now();
    const facts = await meetServer(
      wire,
      sessionSettings({
        lockTimeoutMs: Math.ceil(left),
        statementTimeoutMs: Math.ceil(left),
      }),
    );
    const latencyMs = performance.now() - asked;
    const names = tableNames(connection);
    checks.push(...serverChecks(facts));
    checks.push(...tableChecks(await inspectTables(wire, names), connection));
    const { username } = connection;
    const { schema } = names;
    checks.push(await excessRights(wire, { username, schema }));
    return finish(facts, latencyMs);
  } catch (error) {
    checks.push({
      name: 'version',
      ok: false,
      message: `The server does not answer as PostgreSQL does: ${
        serverFailure(error).message
      }`,
    });
    return finish();
  } finally {
    clearTimeout(watchdog);
    await wire.close();
  }
}

function stagesUntil(
  connection: TargetConnection,
  error?: TargetError,
): ConnectionCheck[] {
  const failed = error && (STAGE_OF[error.code] ?? 'reachable');
  const { host, port, database, username, tls } = connection;
  const well: Record<string, string> = {
    reachable: `${host} answers on port ${port}`,
    tls:
      tls.mode === 'disable'
        ? 'Not encrypted (TLS mode disable)'
        : `Encrypted (TLS mode ${tls.mode})`,
    authentication: `${username} may log in`,
    database: `The database ${database} exists`,
  };
  const checks: ConnectionCheck[] = [];
  for (const name of STAGES) {
    if (name === failed) {
      checks.push({ name, ok: false, message: error?.message ?? '' });
      break;
    }
    checks.push({ name, ok: true, message: well[name] });
  }
  return checks;
}

function serverChecks(facts: ServerFacts): ConnectionCheck[] {
  const { identity, identityByAddress, pooled, standby } = facts;
  return [
    {
      name: 'version',
      ...verdict(
        () => assertSupported({ ...facts, standby: false }),
        `${identity.flavour} ${identity.version}`,
      ),
    },
    {
      name: 'identity',
      ok: true,
      message: identityByAddress
        ? `${identity.id}: the account may not run pg_control_system(), so the server is known by its address only and a moved server looks like another. GRANT EXECUTE ON FUNCTION pg_control_system() helps`
        : identity.id,
    },
    {
      name: 'cluster',
      ...verdict(
        () => assertSupported({ ...facts, versionNumber: 999_999 }),
        standby ? '' : 'The server takes writes',
      ),
    },
    pooled
      ? {
          name: 'pooler',
          ok: false,
          message:
            'A pooler (PgBouncer or the like) answers in place of the server. It can give one lock to two runs: give the address of the server itself',
        }
      : { name: 'pooler', ok: true, message: 'No pooler in between' },
  ];
}

function verdict(
  assertion: () => void,
  message: string,
): { ok: boolean; message: string } {
  try {
    assertion();
    return { ok: true, message };
  } catch (error) {
    return { ok: false, message: (error as Error).message };
  }
}

function tableChecks(
  state: TablesState,
  connection: TargetConnection,
): ConnectionCheck[] {
  const names = tableNames(connection);
  const foreign = [
    [names.history, state.history.foreign],
    [names.ledger, state.ledger.foreign],
  ].find(([, reason]) => reason !== undefined);
  const [table = '', reason = ''] = foreign ?? [];
  const denial = denialOf(state, names);
  return [
    {
      name: 'history_table',
      ok: !foreign,
      message: foreign
        ? foreignMessage(names.schema, table, reason)
        : `${names.schema}.${names.history} ${
            state.history.exists ? 'is there' : 'will be created'
          }`,
    },
    {
      name: 'privileges',
      ok: denial === undefined,
      message:
        denial ?? `The account may record what was applied in ${names.schema}`,
    },
  ];
}
