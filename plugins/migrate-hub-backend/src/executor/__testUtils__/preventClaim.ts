import { Knex } from 'knex';

/**
 * From now on the server refuses to claim from this run.
 *
 * @returns what makes it possible again
 */
export async function preventClaim(
  knex: Knex,
  runId: string,
): Promise<() => Promise<void>> {
  await knex.raw(
    `create function refuse_claim() returns trigger language plpgsql as $$
       begin raise 'its row is broken'; end $$;
     create trigger refuse_claim before update on runs for each row
       when (new.id = '${runId}') execute function refuse_claim()`,
  );
  return async () => {
    await knex.raw('drop trigger refuse_claim on runs');
  };
}
