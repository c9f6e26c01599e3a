/** The next items of a run to claim, without sorting all that wait. */

exports.up = async function up(knex) {
  await knex.raw(
    `create index run_items_waiting on run_items (run_id, queued_at, ordinal) where claimable`,
  );
  // Nothing asks for items across runs.
  await knex.raw(`drop index run_items_claim`);
};

exports.down = async function down(knex) {
  await knex.raw(
    `create index run_items_claim on run_items (queued_at, id) where claimable`,
  );
  await knex.raw(`drop index run_items_waiting`);
};
