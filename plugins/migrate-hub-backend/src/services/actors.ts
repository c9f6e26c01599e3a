import { Actor } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Tx } from '../store/Database';
import { optional } from '../store/rows';

/** Finds people by id, in one query for a whole page. */
export type ActorLookup = (id: string) => Actor;

/**
 * Loads the people that an answer names.
 *
 * @param ids - user ids; absent ones are passed over
 */
export async function lookUpActors(
  tx: Tx,
  ids: Iterable<string | undefined>,
): Promise<ActorLookup> {
  const wanted = [...new Set(ids)].filter(id => id !== undefined);
  const rows = wanted.length
    ? await tx('users').whereIn('id', wanted).select('id', 'email', 'name')
    : [];
  const actors = new Map<string, Actor>(
    rows.map(row => [
      row.id,
      { id: row.id, email: optional(row.email), name: row.name },
    ]),
  );
  return id => {
    const actor = actors.get(id);
    if (!actor) throw new Error(`user ${id} was not looked up`);
    return actor;
  };
}
