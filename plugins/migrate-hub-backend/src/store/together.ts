import { Knex } from 'knex';
import { Tx } from './Database';
import { keepPlan } from './keptPlans';

/** A query, and what its rows mean. Its text must not depend on how many values there are. */
export interface Question<T> {
  query: Knex.QueryBuilder | Knex.Raw;
  // Rows are of whatever shape the query gives them.
  read: (rows: never[]) => T;
}

type Answers<Q extends readonly Question<unknown>[]> = {
  -readonly [N in keyof Q]: Q[N] extends Question<infer T> ? T : never;
};

/**
 * Asks several questions at once, on one connection: one round trip for all of
 * them, see `pipeline` in {@link limitQueries}.
 */
export async function together<const Q extends readonly Question<unknown>[]>(
  tx: Tx,
  questions: Q,
): Promise<Answers<Q>> {
  const found = await onOneConnection(tx, async connection => {
    const asked = questions.map(({ query }) => {
      if (connection) query.connection(connection);
      return keepPlan(query);
    });
    // All of them: the connection is free when the last is answered.
    return Promise.allSettled(asked);
  });
  const results = found.map(answer => {
    if (answer.status === 'rejected') throw answer.reason;
    return rowsOf(answer.value);
  });
  return questions.map(({ read }, n) => read(results[n])) as Answers<Q>;
}

/** A builder answers rows, raw SQL a result that holds them. */
function rowsOf(result: never[] | { rows: never[] }): never[] {
  return Array.isArray(result) ? result : result.rows;
}

async function onOneConnection<T>(
  tx: Tx,
  work: (connection?: unknown) => Promise<T>,
): Promise<T> {
  if (tx.isTransaction) return work();
  const connection = await tx.client.acquireConnection();
  try {
    return await work(connection);
  } finally {
    await tx.client.releaseConnection(connection);
  }
}
