import fc from 'fast-check';
import {
  hasQuorum,
  judgeApprovals,
  JudgeApprovalsInput,
  mayDecide,
} from './approvals';
import {
  approval,
  hoursAfterNoon,
  implies,
  person,
  prdPolicy,
  revision,
  run,
  usersById,
} from './__testUtils__/records';
import { ApprovalRecord } from './types';

const ids = ['a', 'b', 'c', 'd', 'e'];
const anyId = fc.constantFrom(...ids);
const current = revision({ revision: 2 });
const worlds = fc.record({
  users: fc.tuple(
    ...ids.map(id =>
      fc
        .record({
          role: fc.constantFrom(
            'user' as const,
            'manager' as const,
            'admin' as const,
          ),
          disabled: fc.boolean(),
          kind: fc.constantFrom(
            'person' as const,
            'person' as const,
            'service' as const,
          ),
          roleGrantedBy: fc.constantFrom(undefined, ...ids),
          proof: fc.record({
            passwordGivenBy: fc.constantFrom(undefined, ...ids),
          }),
        })
        .map(over => person({ id, ...over })),
    ),
  ),
  requester: anyId,
  author: anyId,
  changer: anyId,
  earlierChanger: anyId,
  selfApproval: fc.boolean(),
  required: fc.integer({ min: 1, max: 3 }),
  validHours: fc.constantFrom(undefined, 2),
  approvals: fc.array(
    fc
      .record({
        approverId: anyId,
        revision: fc.constantFrom(1, 2, 2, 2),
        digest: fc.constantFrom(current.digest, current.digest, 'f'.repeat(64)),
        createdAt: fc.integer({ min: 0, max: 3 }).map(hoursAfterNoon),
      })
      .map(over => approval(over)),
    { maxLength: 6 },
  ),
});
type World = typeof worlds extends fc.Arbitrary<infer W> ? W : never;

const inputOf = (world: World): JudgeApprovalsInput => ({
  run: run({ revision: 2, requestedBy: world.requester }),
  revision: { ...current, createdBy: world.changer },
  versionAuthorId: world.author,
  changerIds: [world.earlierChanger],
  approvals: world.approvals,
  users: usersById(...world.users),
  policy: {
    ...prdPolicy,
    selfApproval: world.selfApproval,
    approvalsRequired: world.required,
    approvalValidHours: world.validHours,
  },
  now: hoursAfterNoon(4),
  verify: () => true,
  isCompromised: () => false,
});

describe('whatever the world is like', () => {
  it('only independent, enabled managers of today count, each once', () => {
    fc.assert(
      fc.property(worlds, world => {
        const { judged, granted } = judgeApprovals(inputOf(world));
        const counting = judged.filter(({ counts }) => counts);
        expect(judged).toHaveLength(world.approvals.length);
        expect(granted).toBe(counting.length);
        const approvers = counting.map(one => one.approval.approverId);
        expect(new Set(approvers).size).toBe(granted);
        for (const { approval: one, reason } of judged) {
          expect(reason === undefined).toBe(
            counting.some(other => other.approval === one),
          );
        }
        for (const { approval: one } of counting) {
          const user = world.users.find(({ id }) => id === one.approverId)!;
          expect(user).toMatchObject({ disabled: false, kind: 'person' });
          expect(['manager', 'admin']).toContain(user.role);
          expect([world.changer, world.earlierChanger]).not.toContain(user.id);
          expect([world.requester, world.author]).not.toContain(
            user.roleGrantedBy,
          );
          expect([world.requester, world.author]).not.toContain(
            user.proof?.passwordGivenBy,
          );
          const own = [world.requester, world.author].includes(user.id);
          expect(implies(own, world.selfApproval)).toBe(true);
          expect(one).toMatchObject({ revision: 2, digest: current.digest });
        }
      }),
    );
  });

  it('disabling somebody or a stricter policy never helps a run', () => {
    fc.assert(
      fc.property(worlds, anyId, (world, id) => {
        const input = inputOf(world);
        const before = judgeApprovals(input);
        const users = new Map(input.users);
        users.set(id, { ...users.get(id)!, disabled: true });
        const { policy } = input;
        for (const stricter of [
          { ...input, users },
          { ...input, policy: { ...policy, selfApproval: false } },
          { ...input, policy: { ...policy, approvalValidHours: 1 } },
          { ...input, policy: { ...policy, approvalsRequired: 3 } },
        ]) {
          const after = judgeApprovals(stricter);
          expect(after.granted).toBeLessThanOrEqual(before.granted);
          expect(implies(hasQuorum(after), hasQuorum(before))).toBe(true);
        }
      }),
    );
  });

  it('whoever may approve is counted, and who is refused would not be', () => {
    fc.assert(
      fc.property(worlds, anyId, (world, id) => {
        const input = inputOf(world);
        const caller = input.users.get(id)!;
        const refusal = mayDecide({ ...input, caller, decision: 'approve' });
        const fresh: ApprovalRecord = approval({
          id: 'fresh',
          approverId: id,
          revision: 2,
          digest: current.digest,
          createdAt: hoursAfterNoon(4),
        });
        const before = judgeApprovals(input).granted;
        const after = judgeApprovals({
          ...input,
          approvals: [...input.approvals, fresh],
        }).granted;
        fc.pre(refusal?.code !== 'ALREADY_DECIDED');
        expect(after - before).toBe(refusal ? 0 : 1);
      }),
    );
  });
});
