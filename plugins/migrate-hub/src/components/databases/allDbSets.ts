import {
  DbSet,
  MigrateHubClient,
  RouteInput,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';

/** Every DB set that fits, over all pages: a project has some, not thousands. */
export async function allDbSets(
  hub: MigrateHubClient,
  query: NonNullable<RouteInput<'listDbSets'>['query']>,
  signal: AbortSignal,
): Promise<DbSet[]> {
  const sets: DbSet[] = [];
  let cursor: string | undefined;
  do {
    const page = await hub.call('listDbSets', {
      query: { ...query, limit: 200, cursor },
      signal,
    });
    sets.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor);
  return sets;
}
