import { ConnectOptions } from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { ServerFacts } from './facts';

const YEAR_SECONDS = 31_536_000;
const IDLE_SECONDS = 86_400;

/** One SET with all that a session of ours needs; servers count locks in whole seconds. */
export function sessionSettings(
  { flavour }: ServerFacts,
  { lockTimeoutMs, statementTimeoutMs }: ConnectOptions,
): string {
  const lockSeconds =
    lockTimeoutMs > 0
      ? Math.min(YEAR_SECONDS, Math.ceil(lockTimeoutMs / 1_000))
      : YEAR_SECONDS;
  const settings = [
    'autocommit = 1',
    "completion_type = 'NO_CHAIN'",
    `lock_wait_timeout = ${lockSeconds}`,
    `innodb_lock_wait_timeout = ${lockSeconds}`,
    `wait_timeout = ${IDLE_SECONDS}`,
  ];
  if (flavour === 'MariaDB') {
    settings.push(
      'idle_transaction_timeout = 0',
      'idle_write_transaction_timeout = 0',
      'idle_readonly_transaction_timeout = 0',
      // The deadline proper is a KILL QUERY; here the server helps itself.
      `max_statement_time = ${statementTimeoutMs / 1_000}`,
    );
  }
  return `SET ${settings.map(setting => `SESSION ${setting}`).join(', ')}`;
}
