import { escapeLiteral } from 'pg';
import {
  SessionHandle,
  TargetConnection,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { STARTED_AT } from './server';
import { Wire } from './Wire';

const TIMEOUT_MS = 5_000;

/** Asks with another session whether one waits for its client, or is gone. */
export async function isThrough(
  connection: TargetConnection,
  { pid, startedAt }: SessionHandle,
): Promise<boolean> {
  const wire = await Wire.open(connection, {
    tag: 'migrate-hub watch',
    timeoutMs: TIMEOUT_MS,
  });
  try {
    const [{ rows }] = await wire.ask(
      `SELECT state FROM pg_catalog.pg_stat_activity WHERE pid = ${Number(
        pid,
      )} AND ${STARTED_AT} = ${escapeLiteral(startedAt)}`,
    );
    return rows.length === 0 || String(rows[0].state).startsWith('idle');
  } finally {
    await wire.close();
  }
}
