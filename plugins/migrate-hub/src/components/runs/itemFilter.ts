import { RunItem } from '@migrate-hub/backstage-plugin-migrate-hub-common';

/** Which targets are shown. */
export const itemFilters = [
  'all',
  'running',
  'failed',
  'unknown',
  'waiting',
  'finished',
] as const;
export type ItemFilter = (typeof itemFilters)[number];

/** Needs a person: nobody knows, or it is half done. */
const isDoubtful = ({ outcome }: RunItem): boolean =>
  outcome === 'unknown' || outcome === 'partially_applied';

const tests: Record<ItemFilter, (item: RunItem) => boolean> = {
  all: () => true,
  running: item => item.status === 'running',
  failed: item => item.status === 'failed',
  unknown: isDoubtful,
  waiting: item => item.status === 'queued',
  finished: item => item.status === 'executed' || item.status === 'skipped',
};

export const matches = (item: RunItem, filter: ItemFilter): boolean =>
  tests[filter](item);

/** How many targets each filter would show. */
export function countItems(
  items: readonly RunItem[],
): Record<ItemFilter, number> {
  const counts: Record<ItemFilter, number> = {
    all: 0,
    running: 0,
    failed: 0,
    unknown: 0,
    waiting: 0,
    finished: 0,
  };
  for (const item of items) {
    for (const filter of itemFilters) {
      if (matches(item, filter)) counts[filter] += 1;
    }
  }
  return counts;
}
