import { Knex } from 'knex';

interface Scope {
  userId: string;
  route: string;
  key: string;
}

/** Remembered answers of POSTs that create. */
export const idempotencyStore = {
  /**
   * Claims the key. Waits for another transaction that holds it; false if it
   * was taken before.
   */
  async begin(
    tx: Knex.Transaction,
    scope: Scope & { bodyHash: string },
  ): Promise<boolean> {
    const rows = await tx('idempotency_keys')
      .insert({
        user_id: scope.userId,
        route: scope.route,
        key: scope.key,
        body_hash: scope.bodyHash,
      })
      .onConflict(['user_id', 'route', 'key'])
      .ignore()
      .returning('key');
    return rows.length > 0;
  },

  async finish(
    tx: Knex.Transaction,
    scope: Scope,
    response: unknown,
  ): Promise<void> {
    await tx('idempotency_keys')
      .where({ user_id: scope.userId, route: scope.route, key: scope.key })
      .update({ response: JSON.stringify(response) });
  },

  async get(
    tx: Knex.Transaction,
    scope: Scope,
  ): Promise<{ bodyHash: string; response: unknown }> {
    const row = await tx('idempotency_keys')
      .where({ user_id: scope.userId, route: scope.route, key: scope.key })
      .first('body_hash', 'response');
    return { bodyHash: row.body_hash, response: JSON.parse(row.response) };
  },

  /** Keys older than a day are forgotten. */
  async prune(tx: Knex): Promise<void> {
    await tx('idempotency_keys')
      .whereRaw(`created_at < now() - interval '1 day'`)
      .delete();
  },
};
