import { itemStatementSchema } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Plan } from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { z } from 'zod';
import { RunItemRecord } from '../domain/types';
import { HubError } from '../errors';

type ItemStatement = z.output<typeof itemStatementSchema>;

/** Longer statements are cut for the list; the run has the whole SQL. */
const SHOWN_CHARACTERS = 2000;

/**
 * A cursor that is a place in a fixed order.
 *
 * @throws HubError `INVALID_CURSOR`
 */
export function ordinalOf(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  if (/^[0-9]{1,9}$/.test(cursor)) return Number(cursor);
  throw new HubError(
    'INVALID_CURSOR',
    'The cursor is not one that this list gave. Start again without it.',
  );
}

/** A page of an item's statements. The cursor is the index to go on from. */
export function statementViews(options: {
  item: RunItemRecord;
  plan: Plan;
  sql: string;
  limit: number;
  cursor?: string;
}): { items: ItemStatement[]; nextCursor?: string } {
  const { item, plan, limit } = options;
  const from = ordinalOf(options.cursor) ?? 0;
  const bytes = Buffer.from(options.sql, 'utf8');
  const items = plan.statements
    .slice(from, from + limit)
    .map((statement, offset) => ({
      index: from + offset,
      line: statement.line,
      kind: statement.kind,
      text: bytes
        .toString('utf8', statement.start, statement.end)
        .slice(0, SHOWN_CHARACTERS),
      transactional: statement.transactional,
      state: stateOf(item, from + offset),
    }));
  const next = from + limit;
  return {
    items,
    nextCursor: next < plan.statements.length ? String(next) : undefined,
  };
}

function stateOf(item: RunItemRecord, index: number): ItemStatement['state'] {
  if (item.status === 'executed') return 'done';
  if (item.error?.statementIndex === index) {
    return item.outcome === 'unknown' ? 'unknown' : 'failed';
  }
  // A failed transaction took the statements before it along.
  if (item.outcome === 'not_applied') return 'pending';
  if (index < item.statementsDone) return 'done';
  const running = item.status === 'running' && item.currentStatement === index;
  return running ? 'running' : 'pending';
}
