import {
  DbSet,
  DbTarget,
  Engine,
  engineSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useCallback } from 'react';
import { useHubClient } from '../../hooks/useHub';
import { ListPage } from '../../hooks/usePagedList';
import { Load, useLoad } from '../../hooks/useLoad';

/** Where a run can go in one environment. */
export interface Inventory {
  environment: string;
  dbSets: DbSet[];
  /** Enabled ones only: the others cannot be run on. */
  targets: DbTarget[];
}

/** Reads a list to its end, page by page. */
async function readAll<T>(
  read: (page: { cursor?: string }) => Promise<ListPage<T>>,
): Promise<T[]> {
  const all: T[] = [];
  let cursor: string | undefined;
  do {
    const page: ListPage<T> = await read({ cursor });
    all.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor);
  return all;
}

/** The DB sets of a project in an environment, with their enabled targets. */
export function useInventory(options: {
  project: string;
  environment: string;
}): Load<Inventory> {
  const client = useHubClient();
  const { project, environment } = options;
  return useLoad(
    useCallback(
      async (signal: AbortSignal) => {
        const query = {
          project,
          environment,
          disabled: 'false',
          limit: 200,
        } as const;
        const [dbSets, targets] = await Promise.all([
          readAll(page =>
            client.call('listDbSets', { query: { ...query, ...page }, signal }),
          ),
          readAll(page =>
            client.call('listDbTargets', {
              query: { ...query, ...page },
              signal,
            }),
          ),
        ]);
        return { environment, dbSets, targets };
      },
      [client, project, environment],
    ),
  );
}

/** The chosen targets of one engine: what becomes one run. */
export interface RunPart {
  engine: Engine;
  dbSetIds: string[];
  /** Absent: all enabled targets of the sets. */
  targetIds?: string[];
  count: number;
}

/**
 * Cuts a choice into runs, one an engine.
 *
 * @param chosen - ids of targets; undefined is all of the sets
 */
export function runParts(
  inventory: Inventory,
  dbSetIds: string[],
  chosen: string[] | undefined,
): RunPart[] {
  const inSets = inventory.targets.filter(({ dbSet }) =>
    dbSetIds.includes(dbSet.id),
  );
  const targets = chosen
    ? inSets.filter(({ id }) => chosen.includes(id))
    : inSets;
  const engines = engineSchema.options.filter(engine =>
    targets.some(target => target.engine === engine),
  );
  return engines.map(engine => {
    const mine = targets.filter(target => target.engine === engine);
    const sets = new Set(mine.map(({ dbSet }) => dbSet.id));
    return {
      engine,
      dbSetIds: dbSetIds.filter(id => sets.has(id)),
      targetIds:
        chosen || engines.length > 1 ? mine.map(({ id }) => id) : undefined,
      count: mine.length,
    };
  });
}
