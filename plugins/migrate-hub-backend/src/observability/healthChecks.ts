import { LoggerService } from '@backstage/backend-plugin-api';
import { Config } from '@backstage/config';
import { Knex } from 'knex';
import { ownershipOfTrail, ownershipText } from '../store/ownership';
import { targetsAgainstTrail } from '../store/reconciliations';
import { HealthCheck, HubHealthService } from './HubHealth';
import { tokenKeysText } from './tokenKeys';

/** Keys change at a roll-out, not between two probes. */
const KEYS_MS = 30_000;

/** Enough to begin with. */
const MOST_NAMES = 5;

/** Registers what the hub needs to do its work. */
export function addHealthChecks(
  health: HubHealthService,
  options: {
    /** Not the pool of the requests: a busy hub is not a broken one. */
    knex: Knex;
    config: Config;
    logger: LoggerService;
    executor?: { problem(): string | undefined };
    keys: { problem(): Promise<string | undefined> };
    chain: { trouble: string | undefined };
    policies: { trouble(tx: Knex): Promise<string | undefined> };
  },
): void {
  const { knex, config, logger, executor, keys, chain, policies } = options;
  health.addCheck('metadata database', async () => {
    try {
      await knex.raw('select 1');
      return undefined;
    } catch {
      return 'it does not answer: see backend.database and the log';
    }
  });
  health.addCheck('keys', everySoOften(keys.problem.bind(keys), logger));
  health.addNote('owner of the tables', async () =>
    ownershipText(await ownershipOfTrail(knex)),
  );
  health.addNote('keys of tokens', async () => tokenKeysText(config));
  health.addWarning('audit chain', async () => chain.trouble);
  health.addWarning('audit trail in targets', async () => {
    const names = await targetsAgainstTrail(knex, MOST_NAMES);
    return names.length > 0
      ? `the ledgers of ${names.join(
          ', ',
        )} hold checkpoints that the audit trail does not contain: it was cut or rewritten, or restored from a backup; see docs/audit.md`
      : undefined;
  });
  health.addWarning('policies', async () => policies.trouble(knex));
  if (executor) {
    health.addCheck('executor', async () => executor.problem());
  }
}

/** Asks at most once in a while; what is found is written to the log, once. */
function everySoOften(
  check: HealthCheck,
  logger: LoggerService,
): () => Promise<string | undefined> {
  let last: { at: number; message: string | undefined } | undefined;
  return async () => {
    const now = performance.now();
    if (last && now - last.at < KEYS_MS) return last.message;
    const message = await check();
    if (message && message !== last?.message) logger.error(message);
    last = { at: now, message };
    return message;
  };
}
