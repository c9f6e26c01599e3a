import { MigrationTarget } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Tx } from '../store/Database';
import { LastItem, holdingsOf, lastItemsOf } from '../store/holdings';
import { listVersions } from '../store/migrations';
import { findingKinds, reconciliationsOf } from '../store/reconciliations';
import { reconciliationView } from './inventoryViews';
import { versionHeld } from './migrationViews';

/** Each target that a run of the migration covers: what it holds, and what the newest run did there. */
export async function targetsOf(
  tx: Tx,
  migrationId: string,
): Promise<MigrationTarget[]> {
  const versions = await listVersions(tx, migrationId);
  const held = new Map(
    (await holdingsOf(tx, migrationId)).map(({ targetId, checksumUp }) => [
      targetId,
      checksumUp,
    ]),
  );
  const items = await lastItemsOf(tx, migrationId);
  const last = await reconciliationsOf(
    tx,
    items.map(({ targetId }) => targetId),
  );
  const kind = await findingKinds(tx, migrationId);
  const compared = (targetId: string) => {
    const record = last(targetId);
    const found = kind(targetId);
    return (
      record &&
      reconciliationView({
        ...record,
        lost: found === 'lost' ? 1 : 0,
        foreign: found === 'foreign' ? 1 : 0,
      })
    );
  };
  return items.map(item => ({
    target: { id: item.targetId, name: item.targetName },
    environment: item.environment,
    version: versionHeld(versions, held.get(item.targetId)),
    checksumUp: held.get(item.targetId),
    status: statusShown(item),
    outcome: item.outcome,
    runId: item.runId,
    at: item.at.toISOString(),
    reconciliation: compared(item.targetId),
  }));
}

/** A target waits with its run: what for, the run says. */
function statusShown({ status, runStatus }: LastItem): string {
  const waits = runStatus === 'awaiting_approval' || runStatus === 'approved';
  return status === 'queued' && waits ? runStatus : status;
}
