import { Knex } from 'knex';
import { createTestDatabase } from '../testing/testDatabase';
import { AuditFilter, listAuditEvents } from './auditQueries';
import { newId } from './Database';

describe('reading a long audit trail', () => {
  let knex: Knex;
  let drop: () => Promise<void>;
  const actorId = newId();

  beforeAll(async () => {
    ({ knex, drop } = await createTestDatabase());
    await knex('users').insert({
      ...{ id: actorId, entity_ref: 'user:default/rare', name: 'Rare' },
      ...{ kind: 'person', provider: 'local', role: 'user' },
    });
    await knex.raw(
      `
      insert into audit_events (id, at, actor_id, action, entity_type, entity_id, payload, canonical, hash)
      select gen_random_uuid(), now() - n * interval '1 minute',
             case when n % 5000 = 0 then :actorId::uuid end,
             case when n % 7000 = 0 then 'project.archived' else 'login.succeeded' end,
             'user', (n % 4000)::text, '{}', '', repeat('0', 64)
        from generate_series(1, 40000) as n
      `,
      { actorId },
    );
    await knex.raw('analyze audit_events');
  });
  afterAll(() => drop());

  const from = () => new Date(Date.now() - 3_600_000).toISOString();

  it.each<[string, () => AuditFilter, number]>([
    ['audit_events_at', () => ({}), 51],
    ['audit_events_at', () => ({ from: from() }), 51],
    ['audit_events_actor', () => ({ actorId }), 8],
    ['audit_events_action', () => ({ action: 'project.archived' }), 5],
    ['audit_events_entity_id', () => ({ entityId: '17' }), 10],
    [
      'audit_events_entity_id',
      () => ({ entityType: 'user', entityId: '17' }),
      10,
    ],
    ['audit_events_entity_type', () => ({ entityType: 'webhook' }), 0],
  ])('uses %s', async (index, filter, rows) => {
    const asked: { sql: string; bindings: Knex.RawBinding[] }[] = [];
    knex.on('query', query => asked.push(query));
    const found = await listAuditEvents(knex, filter(), { limit: 50 });
    knex.removeAllListeners('query');
    expect(found).toHaveLength(rows);

    const [{ sql, bindings }] = asked;
    const numbered = sql.replace(/\$\d+/g, '?');
    const { rows: plan } = await knex.raw(`explain ${numbered}`, bindings);
    const text = plan
      .map((line: Record<string, string>) => line['QUERY PLAN'])
      .join('\n');
    expect(text).toContain(`using ${index} `);
    expect(text).not.toContain('Sort');
  });
});
