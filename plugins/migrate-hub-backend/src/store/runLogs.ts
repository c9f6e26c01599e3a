import { LogLevel } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Knex } from 'knex';
import { Tx } from './Database';

/** A line as a worker writes it, before it has its place in the run. */
export interface LogEntry {
  at: string;
  level: LogLevel;
  message: string;
  statementIndex?: number;
  durationMs?: number;
  rows?: number;
  /** In the words of a server: it may hold rows. */
  sensitive?: boolean;
}

/** Lines of one attempt, one after the other. */
export interface LogChunk {
  itemId: string;
  attempt: number;
  entries: LogEntry[];
}

export interface StoredLogChunk {
  itemId: string;
  attempt: number;
  lastSeq: number;
  lines: (LogEntry & { seq: number })[];
}

/**
 * Appends lines to the log of a run.
 *
 * @remarks
 * The numbers are given out under the lock of the run's row in `run_log_heads`,
 * which is held until commit: a reader that has seen line n has seen all before.
 */
export async function appendLogs(
  tx: Knex.Transaction,
  runId: string,
  chunks: LogChunk[],
): Promise<void> {
  if (chunks.length === 0) return;
  const count = chunks.reduce((sum, chunk) => sum + chunk.entries.length, 0);
  const head = await tx.raw(
    `insert into run_log_heads (run_id, next_seq) values (:runId, 1 + :count)
     on conflict (run_id) do update
       set next_seq = run_log_heads.next_seq + :count
     returning next_seq - :count as first`,
    { runId, count },
  );
  let next = Number(head.rows[0].first);
  const rows = [];
  for (const chunk of chunks) {
    const firstSeq = next;
    const lines = chunk.entries.map((entry, n) => ({
      seq: firstSeq + n,
      ...entry,
    }));
    next += lines.length;
    rows.push({
      run_item_id: chunk.itemId,
      attempt: chunk.attempt,
      first_seq: firstSeq,
      last_seq: next - 1,
      run_id: runId,
      lines: JSON.stringify(lines),
    });
  }
  await tx('run_logs').insert(rows);
}

/**
 * Some chunks that hold lines after `after`, in their order.
 *
 * @remarks relies on run_logs_run for a run, on the primary key for an item
 */
export async function readLogChunks(
  tx: Tx,
  of: { runId: string } | { itemId: string },
  page: { after: number; limit: number },
): Promise<StoredLogChunk[]> {
  const rows = await tx('run_logs')
    .where('runId' in of ? { run_id: of.runId } : { run_item_id: of.itemId })
    .where('last_seq', '>', page.after)
    .orderBy('last_seq')
    .limit(page.limit)
    .select('run_item_id', 'attempt', 'last_seq', 'lines');
  return rows.map(row => ({
    itemId: row.run_item_id,
    attempt: row.attempt,
    lastSeq: Number(row.last_seq),
    lines: row.lines,
  }));
}

/**
 * Lines that were not kept because an item had said too much.
 *
 * @remarks relies on run_items_dropped for a run
 */
export async function droppedLines(
  tx: Tx,
  of: { runId: string } | { itemId: string },
): Promise<number> {
  const row = await tx('run_items')
    .where('runId' in of ? { run_id: of.runId } : { id: of.itemId })
    .where('log_dropped', '>', 0)
    .sum({ dropped: 'log_dropped' })
    .first();
  return Number(row?.dropped ?? 0);
}
