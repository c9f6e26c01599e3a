import { mockCredentials, mockServices } from '@backstage/backend-test-utils';
import { waitUntil } from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { generateKeyPairSync } from 'crypto';
import { Signer } from '../crypto/Signer';
import { ExecutionWorld } from '../executor/__testUtils__/ExecutionWorld';
import { FailPoint } from '../executor/failPoints';
import { targetsAgainstTrail } from '../store/reconciliations';
import { findUsers } from '../store/users';
import { AuditChainer } from './AuditChainer';
import { checkpointText } from './auditEvidence';
import { AuditVerifier } from './AuditVerifier';
import { Commands } from './Commands';
import { CommandContext } from './context';
import { ReconciliationResult, Reconciler } from './Reconciler';

jest.setTimeout(60_000);

describe('the hub compared with its targets', () => {
  let world: ExecutionWorld;
  let reconciler: Reconciler;
  let somebody: CommandContext;
  /** Started anew it has seen nothing. */
  let hub: ReturnType<typeof startHub>;

  beforeAll(async () => {
    world = await ExecutionWorld.create({ targets: 2 });
    reconciler = Reconciler.create({
      commands: Commands.create(world.knex),
      drivers: new Map([['postgres', world.driver]]),
      connections: { connectionOf: async target => world.connectionOf(target) },
      trail: {
        contradiction: (...kept) => hub.verifier.contradiction(...kept),
      },
    });
    hub = startHub();
    const user = (await findUsers(world.knex, [world.userId])).get(
      world.userId,
    );
    if (!user) throw new Error('no user');
    somebody = { caller: { user, credentials: mockCredentials.user() } };
  });
  afterAll(() => world.drop());

  const { privateKey } = generateKeyPairSync('ed25519');
  const signer = Signer.create([{ id: 'audit', key: privateKey }]);

  function startHub() {
    const { knex } = world;
    const logger = mockServices.logger.mock();
    const chainer = AuditChainer.create({ knex, signer, logger });
    return {
      chainer,
      verifier: AuditVerifier.create({ knex, signer, chainer }),
    };
  }

  async function executed(key: string, type: 'apply' | 'rollback' = 'apply') {
    const runId = await world.request({
      key,
      sqlUp: `create table "${key}" (id int);`,
      sqlDown: `drop table "${key}";`,
      type,
    });
    await world.execute(runId);
    await waitUntil(`${key} has ended`, async () =>
      ['executed', 'failed'].includes(await world.statusOf(runId)),
    );
    expect(await world.statusOf(runId)).toBe('executed');
  }

  async function all(): Promise<ReconciliationResult[]> {
    const results: ReconciliationResult[] = [];
    await reconciler.reconcileAll({ onResult: one => results.push(one) });
    return results.sort();
  }

  const reportOf = (index: number, query = { limit: 200 }) =>
    reconciler.report(somebody, world.targets[index].record.id, query);

  const events = async () =>
    world
      .knex('audit_events')
      .where({ action: 'db_target.reconciled' })
      .orderBy('id')
      .select('actor_id', 'payload');

  it('agrees, finds what was lost and what is foreign, and forgets what was mended', async () => {
    const { stop } = await world.startExecutor();
    for (const key of ['kept', 'gone', 'changed', 'undone']) {
      await executed(key);
    }
    const [{ knex }] = world.targets;
    const [undone] = await knex('migrations').where({
      migration_key: 'undone',
    });
    await executed('undone', 'rollback');
    await stop();
    expect(await all()).toEqual(['agrees', 'agrees']);
    expect(await events()).toEqual([]);

    const [gone] = await knex('migrations').where({ migration_key: 'gone' });
    await knex('migrations').where({ migration_key: 'gone' }).delete();
    await knex('migrations')
      .where({ migration_key: 'changed' })
      .update({ checksum_up: 'f'.repeat(64) });
    await knex('migrations').insert(undone);
    await knex.raw(
      `insert into migrations (migration_key, checksum_up, applied_by, tool_run_id)
       select 'v' || n, repeat('0', 64), 'another tool', 'flyway'
         from generate_series(1, 1200) as n`,
    );
    expect(await all()).toEqual(['agrees', 'differs']);
    const report = await reportOf(0);
    expect(report.reconciliation).toMatchObject({ lost: 2, foreign: 1201 });
    expect(report.items).toHaveLength(200);
    expect(report.nextCursor).toBeDefined();
    expect(await findings()).toEqual([
      { migration_key: 'changed', kind: 'lost', reason: 'other_checksum' },
      { migration_key: 'gone', kind: 'lost', reason: 'missing' },
      { migration_key: 'undone', kind: 'foreign', reason: 'rolled_back' },
      { migration_key: 'v1', kind: 'foreign', reason: 'not_ours' },
    ]);

    await all();
    const told = await events();
    expect(told).toMatchObject([
      { actor_id: null, payload: { lost: 2, foreign: 1201 } },
    ]);

    await knex('migrations').insert(gone);
    await knex('migrations').where({ tool_run_id: 'flyway' }).delete();
    const { id } = world.targets[0].record;
    expect(await reconciler.reconcile(somebody, id)).toMatchObject({
      lost: 1,
      foreign: 1,
    });
    const mended = await reportOf(0);
    expect(mended.items.map(one => one.migrationKey).sort()).toEqual([
      'changed',
      'undone',
    ]);
    expect((await events())[1]).toMatchObject({ actor_id: world.userId });
  });

  it('leaves out what a run changes just then, and waits for nobody', async () => {
    let held = () => {};
    const holding = new Promise<void>(resolve => {
      held = resolve;
    });
    let isAtEnd = false;
    const failPoint: FailPoint = async name => {
      if (name !== 'after_commit') return;
      isAtEnd = true;
      await holding;
    };
    const { stop } = await world.startExecutor({ failPoint });
    const rollback = executed('kept', 'rollback');
    await waitUntil('the row is gone', async () => {
      const left = await world.targets[1]
        .knex('migrations')
        .where({ migration_key: 'kept' });
      return isAtEnd && left.length === 0;
    });
    await all();
    expect((await reportOf(1)).reconciliation).toMatchObject({ lost: 0 });
    held();
    await rollback;
    await stop();
  });

  it('tells where a target has a checkpoint that the audit trail does not contain', async () => {
    const { id } = world.targets[1].record;
    const trailOf = async () =>
      (await reconciler.reconcile(somebody, id)).trail;
    const run = async (key: string) => {
      await hub.chainer.linkAll();
      const { checkpoint } = hub.chainer;
      world.checkpoint = checkpoint && checkpointText(checkpoint);
      const { stop } = await world.startExecutor();
      await executed(key);
      await stop();
    };
    await run('evident');
    expect(await trailOf()).toBeUndefined();
    const kept = await world.targets[1]
      .knex('migrations_ledger')
      .whereNotNull('checkpoint');
    expect(kept).toMatchObject([
      { migration_key: 'evident', checkpoint: world.checkpoint },
    ]);

    // The owner of the records takes an event out, and lets a hub chain the rest.
    await world.knex.transaction(async tx => {
      await tx.raw('set local session_replication_role = replica');
      await tx('audit_checkpoints').delete();
      await tx('audit_links').delete();
      await tx('audit_events')
        .where({ id: tx('audit_events').orderBy('id').limit(1).select('id') })
        .delete();
      await tx('audit_outbox').delete();
      await tx.raw('insert into audit_outbox select id from audit_events');
    });
    hub = startHub();
    // A newer checkpoint beside the one of before changes nothing.
    await run('later');
    expect(await trailOf()).toMatch(
      /the ledger of '.*' holds: the chain was rewritten/,
    );
    expect(await targetsAgainstTrail(world.knex, 5)).toHaveLength(1);
    expect((await events()).at(-1)).toMatchObject({
      payload: { trail: expect.stringContaining('rewritten') },
    });

    const strangers = JSON.parse(kept[0].checkpoint);
    await world.targets[1]
      .knex('migrations_ledger')
      .update({ checkpoint: JSON.stringify({ ...strangers, seq: 1 }) });
    expect(await trailOf()).toMatch(/signed by no key/);
  });

  it('says why it could not look, and keeps what it knew', async () => {
    const [{ record }] = world.targets;
    await world.knex.raw('drop database ?? with (force)', [record.database]);
    expect(await all()).toEqual(['differs', 'failed']);
    const { reconciliation } = await reportOf(0);
    expect(reconciliation).toMatchObject({
      lost: 1,
      foreign: 1,
      error: expect.stringContaining(record.database),
    });
  });

  async function findings() {
    return world
      .knex('reconciliation_findings')
      .where({ target_id: world.targets[0].record.id })
      .where(either =>
        either
          .whereNot('tool_run_id', 'flyway')
          .orWhereNull('tool_run_id')
          .orWhere('migration_key', 'v1'),
      )
      .orderBy('migration_key')
      .select('migration_key', 'kind', 'reason');
  }
});
