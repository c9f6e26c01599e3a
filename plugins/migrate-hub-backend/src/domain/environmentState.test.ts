import fc from 'fast-check';
import {
  EnvironmentState,
  runStatusSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import {
  ApplyRunFacts,
  deriveEnvironmentState,
  EnvironmentFacts,
  mostPressing,
} from './environmentState';
import { implies, OTHER_UP, UP } from './__testUtils__/records';

const on = (id: string) => ({ id, enabled: true });
const off = (id: string) => ({ id, enabled: false });
const holds = (targetId: string, checksumUp = UP) => ({ targetId, checksumUp });
const applyRun = (over: Partial<ApplyRunFacts>): ApplyRunFacts => ({
  status: 'awaiting_approval',
  reapproval: false,
  validApproval: false,
  ...over,
});
const waiting = applyRun({});
const facts = (over: Partial<EnvironmentFacts> = {}): EnvironmentFacts => ({
  currentChecksumUp: UP,
  targets: [on('a'), on('b')],
  holdings: [],
  lastRollbackExecuted: false,
  ...over,
});
const both = [holds('a'), holds('b')];

describe('where a migration stands in an environment', () => {
  it.each<[string, Partial<EnvironmentFacts>, EnvironmentState, string]>([
    ['nobody asked', { targets: [] }, 'draft', '0 of 0'],
    ['asked', { openApplyRun: waiting }, 'awaiting_approve', '0 of 2'],
    [
      'asked, approved, edited',
      { openApplyRun: applyRun({ reapproval: true }) },
      'needs_reapproval',
      '0 of 2',
    ],
    [
      'approved',
      { openApplyRun: applyRun({ status: 'approved', validApproval: true }) },
      'approved',
      '0 of 2',
    ],
    [
      'approved, then the approver was disabled',
      { openApplyRun: applyRun({ status: 'approved' }) },
      'needs_reapproval',
      '0 of 2',
    ],
    [
      'running, one target done',
      {
        openApplyRun: applyRun({ status: 'running', validApproval: true }),
        holdings: [holds('a')],
      },
      'approved',
      '1 of 2',
    ],
    ['executed', { holdings: both }, 'executed', '2 of 2'],
    [
      'executed, then asked once more',
      { holdings: both, openApplyRun: waiting },
      'awaiting_approve',
      '2 of 2',
    ],
    [
      'executed, and the repeated run could not connect',
      {
        holdings: both,
        openApplyRun: applyRun({ status: 'failed', validApproval: true }),
      },
      'executed',
      '2 of 2',
    ],
    [
      'failed on one target, can be retried',
      {
        holdings: [holds('a')],
        openApplyRun: applyRun({ status: 'failed', validApproval: true }),
      },
      'approved',
      '1 of 2',
    ],
    [
      'failed, edited since',
      { openApplyRun: applyRun({ status: 'failed' }) },
      'needs_reapproval',
      '0 of 2',
    ],
    [
      'executed, edited since',
      { holdings: [holds('a', OTHER_UP), holds('b', OTHER_UP)] },
      'needs_reapproval',
      '0 of 2',
    ],
    [
      'one target still has the old SQL',
      { holdings: [holds('a', OTHER_UP), holds('b')] },
      'needs_reapproval',
      '1 of 2',
    ],
    [
      'executed, edited, the new version requested',
      { holdings: [holds('a', OTHER_UP)], openApplyRun: waiting },
      'awaiting_approve',
      '0 of 2',
    ],
    ['rolled back', { lastRollbackExecuted: true }, 'rollbacked', '0 of 2'],
    [
      'rolled back on one target only',
      { lastRollbackExecuted: true, holdings: [holds('b')] },
      'rollbacked',
      '1 of 2',
    ],
    [
      'rolled back, then asked anew',
      { lastRollbackExecuted: true, openApplyRun: waiting },
      'awaiting_approve',
      '0 of 2',
    ],
    [
      'rolled back on one target, the other has old SQL',
      { lastRollbackExecuted: true, holdings: [holds('b', OTHER_UP)] },
      'needs_reapproval',
      '0 of 2',
    ],
    [
      'canceled after the first target',
      { holdings: [holds('a')] },
      'needs_reapproval',
      '1 of 2',
    ],
    [
      'executed, then a target was added to the set',
      { targets: [on('a'), on('b'), on('c')], holdings: both },
      'needs_reapproval',
      '2 of 3',
    ],
    [
      'executed on all but a disabled target',
      { targets: [on('a'), off('b')], holdings: [holds('a')] },
      'executed',
      '1 of 1',
    ],
    [
      'a disabled target has old SQL',
      { targets: [on('a'), off('b')], holdings: [holds('b', OTHER_UP)] },
      'draft',
      '0 of 1',
    ],
    [
      'executed, then every target was disabled',
      { targets: [off('a'), off('b')], holdings: both },
      'draft',
      '0 of 0',
    ],
  ])('%s', (_story, over, state, counts) => {
    const derived = deriveEnvironmentState(facts(over));
    expect(derived.state).toBe(state);
    expect(`${derived.executed} of ${derived.total}`).toBe(counts);
  });

  const worlds: fc.Arbitrary<EnvironmentFacts> = fc.record(
    {
      currentChecksumUp: fc.constant(UP),
      targets: fc
        .array(
          fc.record({
            id: fc.constantFrom('a', 'b', 'c'),
            enabled: fc.boolean(),
          }),
        )
        .map(list => [...new Map(list.map(one => [one.id, one])).values()]),
      holdings: fc.uniqueArray(
        fc.record({
          targetId: fc.constantFrom('a', 'b', 'c', 'd'),
          checksumUp: fc.constantFrom(UP, OTHER_UP),
        }),
        { selector: one => one.targetId },
      ),
      openApplyRun: fc.record({
        status: fc.constantFrom(...runStatusSchema.options),
        reapproval: fc.boolean(),
        validApproval: fc.boolean(),
      }),
      lastRollbackExecuted: fc.boolean(),
    },
    {
      requiredKeys: [
        'currentChecksumUp',
        'targets',
        'holdings',
        'lastRollbackExecuted',
      ],
    },
  );

  it('is executed only if every enabled target has this very SQL, and draft only if none has any', () => {
    fc.assert(
      fc.property(worlds, world => {
        const { state, executed, total } = deriveEnvironmentState(world);
        const enabled = world.targets.filter(one => one.enabled);
        const heldBy = (id: string) =>
          world.holdings.find(one => one.targetId === id)?.checksumUp;
        expect(total).toBe(enabled.length);
        expect(executed).toBe(
          enabled.filter(one => heldBy(one.id) === UP).length,
        );
        const all = total > 0 && executed === total;
        expect(implies(state === 'executed', all)).toBe(true);
        const none = !enabled.some(one => heldBy(one.id));
        expect(implies(state === 'draft', none)).toBe(true);
        const { status, validApproval } = world.openApplyRun ?? {};
        expect(
          implies(
            state === 'approved',
            status === 'queued' ||
              status === 'running' ||
              validApproval === true,
          ),
        ).toBe(true);
      }),
    );
  });

  it('follows, of several runs, the one that waits for a person', () => {
    const voided = applyRun({ reapproval: true });
    const running = applyRun({ status: 'running', validApproval: true });
    const broken = applyRun({ status: 'failed' });
    expect(mostPressing([])).toBeUndefined();
    expect(mostPressing([broken, running])).toBe(running);
    expect(mostPressing([running, waiting, broken])).toBe(waiting);
    expect(mostPressing([waiting, voided, running])).toBe(voided);
  });
});
