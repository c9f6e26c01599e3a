import {
  LoggerService,
  RootConfigService,
} from '@backstage/backend-plugin-api';
import { Knex } from 'knex';
import { appendAuditEvent } from '../store/audit';
import { raiseStoredEpoch, takeBackExecutions } from '../store/epoch';

const SETTING = 'migrateHub.epoch';

/**
 * Begins a new epoch if the config names a higher one than the records hold:
 * they were restored from a backup, and may have forgotten what was executed
 * since. Every run that was queued or running needs a fresh `execute`.
 *
 * @remarks
 * At the start, before any executor claims anything. What was executed since
 * the backup is not executed again: the ledgers in the targets say so.
 *
 * @throws Error if the setting is no whole number from 1 on
 */
export async function raiseEpoch(options: {
  knex: Knex;
  config: RootConfigService;
  logger: LoggerService;
}): Promise<void> {
  const { knex, config, logger } = options;
  const epoch = config.getOptionalNumber(SETTING);
  if (epoch === undefined) return;
  if (!Number.isInteger(epoch) || epoch < 1) {
    throw new Error(`${SETTING} must be a whole number from 1 on`);
  }
  const raised = await knex.transaction(async tx => {
    const before = await raiseStoredEpoch(tx, epoch);
    if (before === undefined) return undefined;
    const runs = await takeBackExecutions(tx);
    await appendAuditEvent(tx, {
      action: 'hub.epoch_raised',
      entityType: 'settings',
      entityId: 'epoch',
      payload: { before, epoch, runs },
    });
    return { before, runs };
  });
  if (!raised) return;
  logger.warn(
    `Epoch ${raised.before} ended, epoch ${epoch} begins: ${raised.runs.length} runs that were queued or running need a fresh execute`,
  );
}
