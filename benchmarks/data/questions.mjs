// What is asked of the API at size: each list with each filter and further pages, and what pages show.

/** A list of values is a parameter for each. */
const query = values => {
  const pairs = Object.entries(values).flatMap(([key, value]) =>
    [value].flat().map(one => [key, one]),
  );
  const text = new URLSearchParams(pairs).toString();
  return text && `?${text}`;
};

/** A place in a list, as `nextCursor` names it. */
const cursorAt = ({ at, id }) =>
  Buffer.from(JSON.stringify([at, id])).toString('base64url');

/**
 * @param sample - what {@link sampleOf} found
 * @returns `name`, `path` below `/v1`, and `as`: who asks, a manager unless it says otherwise
 */
export function questions(sample) {
  const { project, person, manager, jira, fleet, run, item, deep } = sample;
  const list = (path, filters, as) =>
    filters.map(filter => ({
      name: `${path} ${Object.entries(filter)
        .map(([key, value]) =>
          key === 'cursor' ? 'deep page' : `${key}=${short(value)}`,
        )
        .join(' ')}`.trim(),
      path: `${path}${query(filter)}`,
      as,
    }));
  const one = (name, path, as) => ({ name, path, as });
  return [
    ...list('/migrations', [
      {},
      { limit: '200' },
      { cursor: cursorAt(deep.migration) },
      { project },
      { project, state: 'executed_prd' },
      { jira },
      { createdBy: person },
      { archived: 'true' },
      { q: sample.migrationKey },
      { q: 'index for note' },
      { q: 'nowhere-to-be-found' },
      { project, q: 'nowhere-to-be-found' },
      ...[
        'draft',
        'awaiting_approve',
        'approved',
        'executed',
        'rollbacked',
        'needs_reapproval',
      ].flatMap(state => [
        { environment: 'daily', state },
        { environment: 'prd', state },
      ]),
    ]),
    one('/migrations/:id', `/migrations/${run.migration_id}`),
    one('/migrations/:id (fleet)', `/migrations/${fleet.migration_id}`),
    one('/migrations/:id/versions', `/migrations/${run.migration_id}/versions`),
    one(
      '/migrations/:id/versions/1',
      `/migrations/${run.migration_id}/versions/1`,
    ),
    one('/migrations/:id/history', `/migrations/${run.migration_id}/history`),
    one(
      '/migrations/:id/history (fleet)',
      `/migrations/${fleet.migration_id}/history`,
    ),
    one('/migrations/:id/targets', `/migrations/${run.migration_id}/targets`),
    one(
      '/migrations/:id/targets (fleet)',
      `/migrations/${fleet.migration_id}/targets`,
    ),
    ...list('/runs', [
      {},
      { limit: '200' },
      { cursor: cursorAt(deep.run) },
      ...[
        'awaiting_approval',
        'approved',
        'queued',
        'running',
        'executed',
        'failed',
        'canceled',
        'denied',
      ].map(status => ({ status })),
      { status: ['queued', 'running'] },
      { status: ['failed', 'canceled'] },
      { environment: 'prd' },
      { environment: 'prd', status: 'failed' },
      { project },
      { project, status: 'denied' },
      { project, environment: 'stg', status: 'executed' },
      { migration: sample.migrationKey },
      { type: 'rollback' },
      { type: 'rollback', environment: 'prd', status: 'awaiting_approval' },
      { requestedBy: person },
      { requestedBy: person, status: 'canceled' },
    ]),
    one('/runs/:id (executed)', `/runs/${run.id}`),
    one('/runs/:id (awaiting)', `/runs/${sample.awaiting.id}`),
    one('/runs/:id (2,000 targets)', `/runs/${fleet.id}`),
    ...[
      {},
      { limit: '200' },
      { cursor: '1500' },
      { status: 'failed' },
      { status: 'skipped' },
      { outcome: 'unknown' },
      { status: 'canceled' },
    ].map(filter =>
      one(
        `/runs/:id/items ${Object.entries(filter)
          .flat()
          .join('=')} (2,000 targets)`,
        `/runs/${fleet.id}/items${query(filter)}`,
      ),
    ),
    ...[
      {},
      { after: '10000' },
      { level: 'error' },
      { q: 'lock timeout' },
      { item: fleet.item },
    ].map(filter =>
      one(
        `/runs/:id/logs ${Object.entries(filter)
          .map(([key, value]) => `${key}=${short(value)}`)
          .join(' ')} (2,000 targets)`,
        `/runs/${fleet.id}/logs${query({ limit: '200', ...filter })}`,
      ),
    ),
    one('/runs/:id/logs', `/runs/${run.id}/logs`),
    one('/run-items/:id/logs', `/run-items/${item.id}/logs`),
    one('/run-items/:id/statements', `/run-items/${item.id}/statements`),
    one('/approvals/pending mine', '/approvals/pending?scope=mine'),
    one(
      '/approvals/pending mine (user)',
      '/approvals/pending?scope=mine',
      'user',
    ),
    one('/approvals/pending all', '/approvals/pending?scope=all'),
    one(
      '/approvals/pending all environment=prd',
      '/approvals/pending?scope=all&environment=prd',
    ),
    one('/dashboard', '/dashboard'),
    one('/dashboard (user)', '/dashboard', 'user'),
    ...list('/audit-events', [
      {},
      { limit: '200' },
      { cursor: cursorAt(deep.event) },
      { actor: manager },
      { action: 'run_item.finished' },
      { action: 'migration.sql_changed' },
      { action: 'webhook.created' },
      { entityType: 'db_target' },
      { entityType: 'webhook' },
      { entityId: run.id },
      { entityType: 'run', entityId: run.id },
      { from: sample.from, to: sample.to },
      { to: sample.to, action: 'run.denied' },
      { actor: manager, action: 'run.denied' },
      { actor: person, action: 'webhook.created' },
      { actor: person, entityType: 'webhook' },
      { entityType: 'run', action: 'run.canceled' },
    ]),
    ...list('/projects', [{}, { q: 'orders' }, { archived: 'true' }]),
    one('/projects/:key', `/projects/${project}`),
    ...list('/db-sets', [
      {},
      { project },
      { environment: 'prd' },
      { disabled: 'true' },
    ]),
    ...list('/db-targets', [
      {},
      { limit: '200' },
      { project },
      { environment: 'prd' },
      { disabled: 'true' },
      { q: 'shards-0003' },
      { q: 'nowhere-to-be-found' },
      { dbSetId: fleet.db_set_id },
    ]),
    one('/db-targets/:id', `/db-targets/${item.target_id}`),
    one(
      '/db-targets/:id/reconciliation',
      `/db-targets/${item.target_id}/reconciliation`,
    ),
    ...list(
      '/users',
      [{}, { role: 'manager' }, { disabled: 'true' }, { q: 'person-3' }],
      'admin',
    ),
    one('/sessions', '/sessions', 'admin'),
    one('/sessions (own)', '/sessions'),
    one('/me', '/me'),
    one('/environments', '/environments'),
    one('/settings/environments/prd', '/settings/environments/prd', 'admin'),
    one('/settings/secrets', '/settings/secrets', 'admin'),
  ];
}

function short(value) {
  const text = String(value);
  return text.length > 24 ? `${text.slice(0, 8)}…` : text;
}

/** Names of things that are there, from the store. */
export async function sampleOf(store) {
  const first = async (sql, values) => (await store.query(sql, values)).rows[0];
  const exact = column =>
    `to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at`;
  /** In the middle of a list: none of its rows is in a cache. */
  const middle = (table, at) =>
    first(
      `select id, ${exact(
        at,
      )} from ${table} where ${at} < now() - interval '400 days' order by ${at} desc, id desc limit 1`,
    );
  const fleet = await first(
    `select r.*, i.id as item, s.db_set_id from runs r
       join run_db_sets s on s.run_id = r.id join run_items i on i.run_id = r.id and i.ordinal = 1000`,
  );
  const run = await first(
    `select * from runs where status = 'executed' and created_at < now() - interval '100 days' order by created_at desc limit 1`,
  );
  const migration = await first(
    'select m.*, p.key as project from migrations m join projects p on p.id = m.project_id where m.id = $1',
    [run.migration_id],
  );
  const { rows: people } = await store.query(
    `select email, role from users where email like 'person-%' order by id`,
  );
  return {
    fleet,
    run,
    item: await first(
      'select * from run_items where run_id = $1 order by ordinal limit 1',
      [run.id],
    ),
    awaiting: await first(
      `select id from runs where status = 'awaiting_approval' order by created_at limit 1`,
    ),
    project: migration.project,
    jira: (
      await first(
        'select jira from migrations where jira is not null order by id limit 1',
      )
    ).jira,
    migrationKey: migration.key,
    person: people.find(one => one.role === 'user').email,
    manager: people.find(one => one.role === 'manager').email,
    from: '2025-06-01T00:00:00Z',
    to: '2025-06-02T00:00:00Z',
    deep: {
      migration: await middle('migrations', 'updated_at'),
      run: await middle('runs', 'created_at'),
      event: await middle('audit_events', 'at'),
    },
  };
}
