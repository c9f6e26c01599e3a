import fc from 'fast-check';
import {
  ItemStatus,
  itemStatusSchema,
  Outcome,
  outcomeSchema,
  RunStatus,
  runStatusSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { isRefusal } from './refusal';
import {
  finishEvents,
  isOpen,
  itemTransitions,
  mayCancel,
  mayRetry,
  nextItemStatus,
  nextRunStatus,
  rollUp,
  RunEvent,
  runTransitions,
} from './runStates';
import {
  implies,
  mia,
  NOON,
  robot,
  run,
  uma,
  person,
} from './__testUtils__/records';

const statuses = runStatusSchema.options;

const item = (id: string, status: ItemStatus, outcome?: Outcome) => ({
  id,
  status,
  outcome,
});
const countsOf = (list: ItemStatus[]) =>
  Object.fromEntries(
    itemStatusSchema.options.map(status => [
      status,
      list.filter(one => one === status).length,
    ]),
  ) as Record<ItemStatus, number>;
const items = fc.array(
  fc.record({
    id: fc.uuid(),
    status: fc.constantFrom(...itemStatusSchema.options),
    outcome: fc.constantFrom(undefined, ...outcomeSchema.options),
  }),
  { maxLength: 8 },
);

describe('the way of a run', () => {
  it.each<[string, RunEvent[], RunStatus | undefined]>([
    [
      'the good one',
      ['approve', 'execute', 'claim', 'finishExecuted'],
      'executed',
    ],
    ['denied', ['deny'], 'denied'],
    ['denied after the approval', ['approve', 'deny'], 'denied'],
    ['denied once it is queued', ['approve', 'execute', 'deny'], undefined],
    ['edited after the approval', ['approve', 'revise'], 'awaiting_approval'],
    ['edited once it is queued', ['approve', 'execute', 'revise'], undefined],
    ['the approval expires', ['approve', 'lapse'], 'awaiting_approval'],
    [
      'the approval expires before the time it was scheduled for',
      ['approve', 'execute', 'lapse'],
      'awaiting_approval',
    ],
    [
      'the approval expires between two waves',
      ['approve', 'execute', 'claim', 'lapse'],
      undefined,
    ],
    ['executed before the approval', ['execute'], undefined],
    ['executed twice', ['approve', 'execute', 'execute'], undefined],
    [
      'failed, then retried',
      [
        'approve',
        'execute',
        'claim',
        'finishFailed',
        'retry',
        'claim',
        'finishExecuted',
      ],
      'executed',
    ],
    [
      'executed again',
      ['approve', 'execute', 'claim', 'finishExecuted', 'execute'],
      undefined,
    ],
    ['canceled in the queue', ['approve', 'execute', 'cancel'], 'canceled'],
  ])('%s', (_story, events, end) => {
    let status: RunStatus | undefined = 'awaiting_approval';
    for (const event of events) status = status && nextRunStatus(status, event);
    expect(status).toBe(end);
  });

  it('leaves a final state only by a retry, or where items of a failed run are resolved', () => {
    for (const status of statuses.filter(one => !isOpen(one))) {
      const ways = Object.entries(runTransitions[status]);
      const retry = [['retry', 'queued']];
      const resolved = [
        ['resume', 'queued'],
        ['finishExecuted', 'executed'],
        ['finishCanceled', 'canceled'],
      ];
      const expected: Partial<Record<RunStatus, string[][]>> = {
        failed: [...retry, ...resolved],
        canceled: retry,
      };
      expect(ways).toEqual(expected[status] ?? []);
    }
  });

  it('passes the queue before it runs, and the approval before the queue', () => {
    const into = (end: RunStatus) =>
      statuses.filter(status =>
        Object.values(runTransitions[status]).includes(end),
      );
    expect(into('running')).toEqual(['queued']);
    expect(into('executed').sort()).toEqual(['failed', 'running']);
    expect(into('failed')).toEqual(['running']);
    expect(into('queued').sort()).toEqual(['approved', 'canceled', 'failed']);
    expect(into('approved')).toEqual(['awaiting_approval']);
  });

  it('can reach every state from the request', () => {
    const seen = new Set<RunStatus>(['awaiting_approval']);
    for (const status of seen) {
      for (const next of Object.values(runTransitions[status])) seen.add(next);
    }
    expect([...seen].sort()).toEqual([...statuses].sort());
  });
});

describe('the way of a run item', () => {
  it('never starts again once it is executed or skipped', () => {
    expect(itemTransitions.executed).toEqual({});
    expect(itemTransitions.skipped).toEqual({});
    expect(nextItemStatus('queued', 'claim')).toBe('running');
    expect(nextItemStatus('queued', 'execute')).toBeUndefined();
    expect(nextItemStatus('running', 'requeue')).toBe('queued');
    expect(nextItemStatus('failed', 'claim')).toBeUndefined();
  });
});

describe('the roll-up', () => {
  it.each<[ItemStatus[], RunStatus | undefined]>([
    [['executed', 'executed'], 'executed'],
    [['skipped', 'skipped'], 'executed'],
    [['executed', 'canceled', 'skipped'], 'canceled'],
    [['canceled', 'failed', 'executed'], 'failed'],
    [['failed', 'running'], undefined],
    [['executed', 'queued'], undefined],
    [[], undefined],
  ])('of %j is %s', (list, expected) => {
    expect(rollUp(countsOf(list))).toBe(expected);
  });

  it('waits for the last item, and never hides a failure', () => {
    fc.assert(
      fc.property(items, list => {
        const end = rollUp(countsOf(list.map(({ status }) => status)));
        const some = (...wanted: ItemStatus[]) =>
          list.some(({ status }) => wanted.includes(status));
        expect(end === undefined).toBe(
          list.length === 0 || some('queued', 'running'),
        );
        fc.pre(end !== undefined);
        expect(end === 'failed').toBe(some('failed'));
        expect(end === 'executed').toBe(!some('failed', 'canceled'));
        expect(nextRunStatus('running', finishEvents[end!])).toBe(end);
      }),
    );
  });
});

describe('retry', () => {
  it('takes the failed and canceled targets where nothing was applied', () => {
    expect(
      mayRetry([
        item('a', 'executed', 'applied'),
        item('b', 'failed', 'not_applied'),
        item('c', 'canceled'),
        item('d', 'skipped'),
      ]),
    ).toEqual({ itemIds: ['b', 'c'] });
  });

  it('says how many targets have to be resolved first', () => {
    expect(
      mayRetry([
        item('a', 'failed', 'unknown'),
        item('b', 'failed', 'partially_applied'),
        item('c', 'failed', 'not_applied'),
      ]),
    ).toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      message: expect.stringContaining('On 2 targets'),
      details: { itemIds: ['a', 'b'] },
    });
  });

  it('waits for the end, and has nothing to do for a good run', () => {
    expect(
      mayRetry([item('a', 'failed', 'not_applied'), item('b', 'running')]),
    ).toMatchObject({ code: 'WRONG_STATE' });
    expect(mayRetry([item('a', 'executed', 'applied')])).toMatchObject({
      code: 'NOTHING_TO_RETRY',
    });
  });

  it('never runs again what may be in the database', () => {
    fc.assert(
      fc.property(items, list => {
        const answer = mayRetry(list);
        const again = isRefusal(answer) ? [] : answer.itemIds;
        for (const { id, status, outcome } of list) {
          const clean =
            (status === 'failed' && outcome === 'not_applied') ||
            (status === 'canceled' &&
              (outcome === 'not_applied' || outcome === undefined));
          expect(implies(again.includes(id), clean)).toBe(true);
        }
      }),
    );
  });
});

describe('cancel', () => {
  it.each([
    ['the requester', uma, run({ status: 'running' }), undefined],
    ['a manager', mia, run({ status: 'awaiting_approval' }), undefined],
    ['another user', person({ id: 'eve' }), run(), 'ROLE_REQUIRED'],
    ['a service', robot, run({ requestedBy: robot.id }), 'SERVICE_NOT_ALLOWED'],
    ['somebody disabled', person({ disabled: true }), run(), 'USER_DISABLED'],
    [
      'the requester, too late',
      uma,
      run({ status: 'executed' }),
      'WRONG_STATE',
    ],
    [
      'the requester, twice',
      uma,
      run({ status: 'running', cancelRequestedAt: NOON }),
      'WRONG_STATE',
    ],
  ])('by %s', (_who, caller, subject, code) => {
    expect(mayCancel({ caller, run: subject })?.code).toBe(code);
  });

  it('is not for plugins on behalf of a user, unless the config lists them', () => {
    const ask = { caller: uma, viaPlugin: 'scaffolder', run: run() };
    expect(mayCancel(ask)?.code).toBe('ON_BEHALF_NOT_ALLOWED');
    expect(
      mayCancel({ ...ask, allowedPlugins: ['scaffolder'] }),
    ).toBeUndefined();
  });
});
