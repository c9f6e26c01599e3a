import { Knex } from 'knex';
import { Tx } from './Database';

/** A query, and what its rows mean. */
export interface Question<T> {
  query: Knex.QueryBuilder | Knex.Raw;
  // Rows are of whatever shape the query gives them.
  read: (rows: never[]) => T;
}

type Answers<Q extends readonly Question<unknown>[]> = {
  -readonly [N in keyof Q]: Q[N] extends Question<infer T> ? T : never;
};

/**
 * Asks several questions in one message: one round trip for all of them.
 *
 * @remarks
 * Such a message has no parameters, so values stand in its text: only ids and
 * names that the hub itself has stored, never what somebody typed just now.
 */
export async function together<const Q extends readonly Question<unknown>[]>(
  tx: Tx,
  questions: Q,
): Promise<Answers<Q>> {
  const results: { rows: never[] }[] = await tx.raw(
    questions.map(({ query }) => query.toString()).join(';\n'),
  );
  return questions.map(({ read }, n) => read(results[n].rows)) as Answers<Q>;
}
