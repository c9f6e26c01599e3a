// A run on a fleet, from the migration to its end.
import { setTimeout as sleep } from 'node:timers/promises';

/** Creates a migration, requests it for the DB sets and has it approved. */
export async function approvedRun({ user, manager }, options) {
  const { project, dbSetIds, key, sqlUp, environment = 'daily' } = options;
  const migration = await user.post('/migrations', {
    project,
    key,
    name: key,
    sqlUp,
  });
  const run = await user.post(`/migrations/${migration.id}/runs`, {
    environment,
    dbSetIds,
    type: 'apply',
  });
  await manager.post(`/runs/${run.id}/approvals`, {
    decision: 'approve',
    digest: run.digest,
  });
  return run;
}

/** Waits for the end on the metadata store itself: asking the hub would take its time. */
export async function untilExecuted(store, runId) {
  for (;;) {
    const { rows } = await store.query(
      'select status from runs where id = $1',
      [runId],
    );
    const { status } = rows[0];
    if (status === 'executed') return;
    if (!['approved', 'queued', 'running'].includes(status)) {
      const { rows: failed } = await store.query(
        'select error from run_items where run_id = $1 and error is not null limit 1',
        [runId],
      );
      throw new Error(`the run is ${status}: ${failed[0]?.error?.message}`);
    }
    await sleep(10);
  }
}
