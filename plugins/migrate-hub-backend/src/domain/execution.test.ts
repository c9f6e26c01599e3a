import fc from 'fast-check';
import {
  HistoryRow,
  LedgerRow,
  PlannedStatement,
} from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { decideOnRecord, DecideOnRecordInput } from './execution';
import { implies, OTHER_UP, PLAN, UP } from './__testUtils__/records';

const row = (over: Partial<HistoryRow> = {}): HistoryRow => ({
  migrationKey: 'auth-142',
  checksumUp: UP,
  appliedAt: '2026-03-01T12:00:00Z',
  appliedBy: 'mia@example.com',
  toolRunId: 'r0',
  ...over,
});
const mark = (over: Partial<LedgerRow> = {}): LedgerRow => ({
  runItemId: 'i1',
  direction: 'up',
  migrationKey: 'auth-142',
  runId: 'r1',
  planHash: PLAN,
  attempt: 1,
  position: 0,
  state: 'running',
  serverId: '7012345/auth',
  ...over,
});
const statement = (over: Partial<PlannedStatement> = {}): PlannedStatement => ({
  start: 0,
  end: 1,
  line: 1,
  sha256: 'f'.repeat(64),
  kind: 'ALTER TABLE',
  transactional: 'no',
  ...over,
});
const STATEMENTS = Array.from({ length: 5 }, () => statement());
const ask = (over: Partial<DecideOnRecordInput>) =>
  decideOnRecord({
    type: 'apply',
    record: {},
    boundChecksumUp: UP,
    runItemId: 'i1',
    planHash: PLAN,
    statements: STATEMENTS,
    ...over,
  });
const failover = { from: '00000001', to: '00000002' };
const foreign = mark({ runItemId: 'i0', runId: 'r0', position: 2 });

describe('what to do with a target, by what is in it', () => {
  it.each<[string, Partial<DecideOnRecordInput>, object]>([
    ['apply; nothing there', {}, { do: 'execute' }],
    [
      'failover since an earlier attempt; nothing there',
      { failover },
      { do: 'fail', outcome: 'unknown', statementIndex: 0 },
    ],
    [
      'failover since an earlier attempt; it had come to the third statement',
      { failover, record: { own: mark({ position: 2 }) } },
      { do: 'fail', outcome: 'unknown', statementIndex: 2 },
    ],
    [
      'failover since an earlier attempt; it is finished here too',
      { failover, record: { own: mark({ position: 5, state: 'finished' }) } },
      { do: 'already' },
    ],
    [
      'apply; same version there',
      { record: { history: row() } },
      { do: 'skip' },
    ],
    [
      'apply; other version there',
      { record: { history: row({ checksumUp: OTHER_UP }) } },
      {
        do: 'fail',
        code: 'CHECKSUM_MISMATCH',
        outcome: 'not_applied',
        message: expect.stringContaining('mia@example.com'),
      },
    ],
    ['rollback; not applied', { type: 'rollback' }, { do: 'skip' }],
    [
      'rollback; this version applied',
      { type: 'rollback', record: { history: row() } },
      { do: 'execute' },
    ],
    [
      'rollback; another version applied',
      { type: 'rollback', record: { history: row({ checksumUp: OTHER_UP }) } },
      { do: 'fail', code: 'CHECKSUM_MISMATCH', outcome: 'not_applied' },
    ],
    [
      'another item is not settled',
      { record: { unfinished: foreign } },
      {
        do: 'fail',
        code: 'UNFINISHED_ON_TARGET',
        outcome: 'not_applied',
        message: expect.stringContaining('Run item i0 of run r0'),
      },
    ],
    [
      'a half-done rollback left the history row behind',
      {
        record: {
          history: row(),
          unfinished: mark({
            runItemId: 'i0',
            direction: 'down',
            state: 'started',
          }),
        },
      },
      { do: 'fail', code: 'UNFINISHED_ON_TARGET' },
    ],
    [
      'we finished, and the answer was lost',
      {
        record: {
          own: mark({ state: 'finished', position: 3 }),
          history: row(),
        },
      },
      { do: 'already' },
    ],
    [
      'we finished, and somebody rolled back since',
      { record: { own: mark({ state: 'finished', position: 3 }) } },
      { do: 'already' },
    ],
    [
      'our rollback finished',
      {
        type: 'rollback',
        record: { own: mark({ state: 'finished', direction: 'down' }) },
      },
      { do: 'already' },
    ],
    [
      'we finished another plan',
      { record: { own: mark({ state: 'finished', planHash: UP }) } },
      { do: 'fail', code: 'PLAN_MISMATCH', outcome: 'unknown' },
    ],
    [
      'we stopped after two statements',
      { record: { own: mark({ position: 2 }) } },
      {
        do: 'fail',
        code: 'PARTIALLY_APPLIED',
        outcome: 'partially_applied',
        statementIndex: 2,
      },
    ],
    [
      'we stopped inside the third statement',
      { record: { own: mark({ position: 2, state: 'started' }) } },
      {
        do: 'fail',
        code: 'OUTCOME_UNKNOWN',
        outcome: 'unknown',
        statementIndex: 2,
        message: expect.stringContaining('statement 3'),
      },
    ],
    [
      'we stopped inside the first statement',
      { record: { own: mark({ state: 'started' }) } },
      {
        do: 'fail',
        code: 'OUTCOME_UNKNOWN',
        outcome: 'unknown',
        statementIndex: 0,
      },
    ],
    [
      'all statements are done, only the record is missing',
      { record: { own: mark({ position: 5 }) } },
      { do: 'resume', from: 5 },
    ],
    [
      'the server proves that the statement in doubt took effect',
      {
        record: { own: mark({ position: 2, state: 'started' }) },
        proof: 'applied',
      },
      { do: 'resume', from: 3 },
    ],
    [
      'it proves that it did not',
      {
        record: { own: mark({ position: 2, state: 'started' }) },
        proof: 'not_applied',
      },
      { do: 'resume', from: 2 },
    ],
    [
      'it proves that not even the first took effect',
      { record: { own: mark({ state: 'started' }) }, proof: 'not_applied' },
      { do: 'execute' },
    ],
    [
      'it proves it, but a temporary table was made before',
      {
        record: { own: mark({ position: 2, state: 'started' }) },
        proof: 'applied',
        statements: [statement({ leaves: 'other' }), ...STATEMENTS],
      },
      {
        do: 'fail',
        code: 'PARTIALLY_APPLIED',
        outcome: 'partially_applied',
        statementIndex: 3,
      },
    ],
    [
      'a person decided to do it again',
      {
        record: { own: mark({ position: 2, state: 'started' }) },
        resume: {
          ledger: { attempt: 1, position: 2, state: 'started' },
          doubtful: 'redo',
        },
      },
      { do: 'resume', from: 2, redo: true },
    ],
    [
      'a person decided that it is done',
      {
        record: { own: mark({ position: 2, state: 'started' }) },
        resume: {
          ledger: { attempt: 1, position: 2, state: 'started' },
          doubtful: 'skip',
        },
      },
      { do: 'resume', from: 3 },
    ],
    [
      'a person decided about an attempt before that one',
      {
        record: { own: mark({ attempt: 2, position: 2, state: 'started' }) },
        resume: {
          ledger: { attempt: 1, position: 2, state: 'started' },
          doubtful: 'redo',
        },
      },
      { do: 'fail', code: 'OUTCOME_UNKNOWN', outcome: 'unknown' },
    ],
    [
      'a person decided to go on after the second',
      {
        record: { own: mark({ position: 2 }) },
        resume: { ledger: { attempt: 1, position: 2, state: 'running' } },
      },
      { do: 'resume', from: 2 },
    ],
    [
      'we stopped before the first',
      { record: { own: mark() } },
      { do: 'execute' },
    ],
    [
      'we were rolled back',
      { record: { own: mark({ state: 'not_applied', position: 2 }) } },
      { do: 'execute' },
    ],
    [
      'we were rolled back, another run applied it since',
      { record: { own: mark({ state: 'not_applied' }), history: row() } },
      { do: 'skip' },
    ],
  ])('%s', (_story, over, expected) => {
    expect(ask(over)).toEqual(expect.objectContaining(expected));
  });

  it('never executes over anything unsettled, done or foreign', () => {
    const marks = (runItemId: string) =>
      fc
        .record({
          planHash: fc.constantFrom(PLAN, UP),
          position: fc.integer({ min: 0, max: 3 }),
          state: fc.constantFrom<LedgerRow['state']>(
            'running',
            'started',
            'finished',
            'not_applied',
          ),
        })
        .map(over => mark({ ...over, runItemId }));
    const inputs = fc.record({
      type: fc.constantFrom('apply' as const, 'rollback' as const),
      record: fc.record(
        {
          history: fc
            .constantFrom(UP, OTHER_UP)
            .map(checksumUp => row({ checksumUp })),
          own: marks('i1'),
          unfinished: marks('i0'),
        },
        { requiredKeys: [] },
      ),
    });
    fc.assert(
      fc.property(inputs, ({ type, record }) => {
        const decision = ask({ type, record });
        const { own, unfinished, history } = record;
        const clean =
          !own ||
          own.state === 'not_applied' ||
          (own.state === 'running' && own.position === 0);
        const due = history?.checksumUp === (type === 'apply' ? undefined : UP);
        // Exactly then, and in no other case.
        expect(decision.do === 'execute').toBe(clean && due && !unfinished);
        expect(implies(decision.do === 'skip', clean)).toBe(true);
        expect(
          implies(decision.do === 'already', own?.state === 'finished'),
        ).toBe(true);
        const untouched =
          decision.do === 'fail' && decision.outcome === 'not_applied';
        expect(implies(untouched, clean)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
