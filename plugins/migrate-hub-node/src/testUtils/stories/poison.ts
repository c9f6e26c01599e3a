import { TargetSession } from '../../TargetDriver';
import {
  failureOf,
  historyRow,
  KitContext,
  ledgerRow,
  Teller,
} from '../KitContext';
import { PoisonSample } from '../types';

async function runItem(
  session: TargetSession,
  sample: PoisonSample,
): Promise<void> {
  await session.writeLedger(ledgerRow(session, { migrationKey: 'before' }));
  if (sample.inTransaction) {
    await session.begin();
  }
  for (const sql of sample.sql) {
    await session.execute(sql);
  }
  if (!sample.inTransaction) {
    await session.begin();
  }
  await session.writeRecord(ledgerRow(session, { state: 'finished' }), {
    insert: historyRow(),
  });
  await session.commit();
}

/** Where the table still is what it was, nothing was recorded in it. */
async function finishedItems(kit: KitContext): Promise<unknown[]> {
  return kit.database
    .query("SELECT * FROM migrations_ledger WHERE state = 'finished'")
    .catch(() => []);
}

export function poisonStories(
  kit: KitContext,
  { chapter, story }: Teller,
): void {
  chapter('a script that harms its session', () => {
    for (const sample of kit.samples.poison) {
      const where = sample.inTransaction ? 'in a transaction' : 'step by step';
      story(`${sample.story}, ${where}: ${sample.outcome}`, async () => {
        for (const sql of sample.setup ?? []) {
          await kit.database.query(sql);
        }
        const session = await kit.open();
        if (sample.outcome === 'restored') {
          await runItem(session, sample);
          expect(await finishedItems(kit)).toHaveLength(1);
          expect(await kit.historyKeys()).toEqual(['add-widgets']);
          return;
        }
        const error = await failureOf(runItem(session, sample));
        expect(error.code).toBe(
          sample.outcome === 'damaged' ? 'SESSION_DAMAGED' : 'STATEMENT_FAILED',
        );
        await session.close();
        expect(await finishedItems(kit)).toEqual([]);
      });
    }
  });
}
