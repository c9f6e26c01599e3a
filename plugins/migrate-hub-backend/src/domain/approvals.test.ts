import {
  hasQuorum,
  judgeApprovals,
  JudgeApprovalsInput,
  mayDecide,
  MayDecideInput,
} from './approvals';
import {
  ada,
  approval,
  hoursAfterNoon,
  max,
  mia,
  NOON,
  person,
  prdPolicy,
  revision,
  robot,
  run,
  uma,
  usersById,
} from './__testUtils__/records';
import { UserRecord } from './types';

const everybody = usersById(uma, mia, max, ada, robot);
const story = (
  over: Partial<JudgeApprovalsInput> = {},
): JudgeApprovalsInput => ({
  run: run(),
  revision: revision(),
  versionAuthorId: 'uma',
  approvals: [approval()],
  users: everybody,
  policy: prdPolicy,
  now: hoursAfterNoon(1),
  verify: () => true,
  isCompromised: () => false,
  ...over,
});
const lax = { ...prdPolicy, selfApproval: true };
const withUser = (over: Partial<UserRecord>) =>
  usersById(...everybody.values(), person({ ...mia, ...over }));

describe('an approval', () => {
  it('by a key that somebody else had does not count, and can be given again', () => {
    const judgement = judgeApprovals(
      story({
        approvals: [approval(), approval({ id: 'second', approverId: 'max' })],
        isCompromised: ({ approverId }) => approverId === 'mia',
      }),
    );
    expect(judgement).toMatchObject({ granted: 1, compromised: true });
    expect(judgement.judged[0].reason).toMatch(/key .*compromised/);
    expect(judgeApprovals(story()).compromised).toBe(false);
  });

  it('of an independent manager opens the gate', () => {
    const judgement = judgeApprovals(story());
    expect(judgement).toMatchObject({ granted: 1, required: 1, denied: false });
    expect(hasQuorum(judgement)).toBe(true);
  });

  it.each<[string, Partial<JudgeApprovalsInput>, RegExp]>([
    [
      'of the requester',
      { run: run({ requestedBy: 'mia' }) },
      /requested this/,
    ],
    ['of the author', { versionAuthorId: 'mia' }, /wrote this version/],
    [
      'of whoever changed a target since',
      {
        run: run({ revision: 2 }),
        revision: revision({ revision: 2, createdBy: 'mia' }),
        approvals: [
          approval({ revision: 2, digest: revision({ revision: 2 }).digest }),
        ],
      },
      /changed what/,
    ],
    [
      'of whoever changed it before somebody else did',
      { changerIds: ['mia'], policy: lax },
      /changed what/,
    ],
    [
      'of a manager whom the requester made one',
      { users: withUser({ roleGrantedBy: 'uma' }) },
      /given the role by the requester/,
    ],
    [
      'of a manager whom the author made one',
      { versionAuthorId: 'eve', users: withUser({ roleGrantedBy: 'eve' }) },
      /given the role by the author/,
    ],
    [
      'of a manager whose password the requester gave',
      { users: withUser({ proof: { passwordGivenBy: 'uma' } }) },
      /given the password by the requester/,
    ],
    [
      'of a manager disabled since',
      { users: withUser({ disabled: true }) },
      /disabled/,
    ],
    [
      'of a manager demoted since',
      { users: withUser({ role: 'user' }) },
      /now user/,
    ],
    [
      'of a manager where only admins may now',
      { policy: { ...prdPolicy, approveRoles: ['admin'] } },
      /admins can approve/,
    ],
    ['of a service', { users: withUser({ kind: 'service' }) }, /service/],
    ['of nobody we know', { users: usersById(uma) }, /not known/],
    ['with a forged signature', { verify: () => false }, /signature/],
    [
      'of the revision before',
      { run: run({ revision: 2 }), revision: revision({ revision: 2 }) },
      /has changed since/,
    ],
    [
      'of another run',
      { approvals: [approval({ runId: 'r2' })] },
      /has changed since/,
    ],
    [
      'of other contents',
      { approvals: [approval({ digest: 'f'.repeat(64) })] },
      /other contents/,
    ],
  ])('%s does not count, and says why', (_story, over, reason) => {
    const judgement = judgeApprovals(story(over));
    expect(judgement.granted).toBe(0);
    expect(judgement.judged).toEqual([
      expect.objectContaining({
        counts: false,
        reason: expect.stringMatching(reason),
      }),
    ]);
  });

  it('of the requester or the author counts where the policy allows self-approval', () => {
    for (const over of [
      { run: run({ requestedBy: 'mia' }) },
      { versionAuthorId: 'mia' },
    ]) {
      const judgement = judgeApprovals(story({ ...over, policy: lax }));
      expect(judgement.granted).toBe(1);
    }
  });

  it('counts once for each person', () => {
    const judgement = judgeApprovals(
      story({
        policy: { ...prdPolicy, approvalsRequired: 2 },
        approvals: [
          approval({ id: '2', createdAt: hoursAfterNoon(0.5) }),
          approval({ id: '1' }),
        ],
      }),
    );
    expect(judgement.judged.map(({ counts }) => counts)).toEqual([true, false]);
    expect(judgement.judged[0].approval.id).toBe('1');
    expect(hasQuorum(judgement)).toBe(false);
  });

  it('holds until it is as old as the policy says', () => {
    const policy = { ...prdPolicy, approvalValidHours: 24 };
    const at = (hours: number) =>
      judgeApprovals(story({ policy, now: hoursAfterNoon(hours) }));
    expect(at(23.99)).toMatchObject({ granted: 1, expired: false });
    expect(at(24)).toMatchObject({ granted: 0, expired: true });
    // What was never sound did not expire either.
    expect(
      judgeApprovals(
        story({ policy, now: hoursAfterNoon(24), verify: () => false }),
      ),
    ).toMatchObject({ granted: 0, expired: false });
  });

  it('does not help against a denial, also of somebody disabled since', () => {
    const judgement = judgeApprovals(
      story({
        users: usersById(uma, mia, { ...max, disabled: true }),
        approvals: [
          approval(),
          approval({ approverId: 'max', decision: 'deny' }),
        ],
      }),
    );
    expect(judgement).toMatchObject({ granted: 1, denied: true });
    expect(hasQuorum(judgement)).toBe(false);
  });
});

describe('who may decide', () => {
  const ask = (over: Partial<MayDecideInput> = {}) =>
    mayDecide({
      caller: mia,
      run: run(),
      revision: revision(),
      versionAuthorId: 'uma',
      policy: prdPolicy,
      approvals: [],
      decision: 'approve',
      ...over,
    });

  it('is a manager or an admin who has nothing to do with the request', () => {
    expect(ask()).toBeUndefined();
    expect(ask({ caller: ada, decision: 'deny' })).toBeUndefined();
  });

  it.each<[string, Partial<MayDecideInput>, string, RegExp]>([
    ['a user', { caller: uma }, 'ROLE_REQUIRED', /Only managers or admins/],
    [
      'a service',
      { caller: { ...robot, role: 'admin' } },
      'SERVICE_NOT_ALLOWED',
      /service/,
    ],
    [
      'somebody disabled',
      { caller: { ...mia, disabled: true } },
      'USER_DISABLED',
      /disabled/,
    ],
    [
      'a plugin',
      { viaPlugin: 'scaffolder' },
      'ON_BEHALF_NOT_ALLOWED',
      /scaffolder/,
    ],
    [
      'the requester',
      { run: run({ requestedBy: 'mia' }) },
      'SELF_APPROVAL',
      /You requested/,
    ],
    ['the author', { versionAuthorId: 'mia' }, 'SELF_APPROVAL', /You wrote/],
    [
      'the requester who denies',
      { run: run({ requestedBy: 'mia' }), decision: 'deny' },
      'SELF_APPROVAL',
      /cancel/,
    ],
    [
      'a manager by the requester’s grace',
      { caller: { ...mia, roleGrantedBy: 'uma' } },
      'SELF_APPROVAL',
      /were given your role by the requester/,
    ],
    [
      'a manager whose password the author gave',
      {
        versionAuthorId: 'eve',
        caller: { ...mia, proof: { passwordGivenBy: 'eve' } },
      },
      'SELF_APPROVAL',
      /were given your password by the author/,
    ],
    [
      'the same manager again',
      { approvals: [approval()] },
      'ALREADY_DECIDED',
      /another person/,
    ],
    [
      'one too many',
      { run: run({ status: 'approved' }) },
      'ALREADY_APPROVED',
      /all the approvals/,
    ],
    [
      'somebody after the denial',
      { run: run({ status: 'denied' }) },
      'ALREADY_DECIDED',
      /denied/,
    ],
    [
      'somebody who denies a queued run',
      { run: run({ status: 'queued' }), decision: 'deny' },
      'WRONG_STATE',
      /cancel it/,
    ],
    [
      'somebody too late',
      { run: run({ status: 'executed' }) },
      'WRONG_STATE',
      /has been executed/,
    ],
  ])('not %s', (_who, over, code, message) => {
    expect(ask(over)).toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it('may still deny what is approved but not executed, also after approving it', () => {
    const approved = run({ status: 'approved' });
    expect(
      ask({ run: approved, decision: 'deny', approvals: [approval()] }),
    ).toBeUndefined();
  });

  it('may decide again about a new revision', () => {
    expect(
      ask({
        run: run({ revision: 2 }),
        revision: revision({ revision: 2, createdBy: 'uma' }),
        approvals: [approval({ createdAt: NOON })],
      }),
    ).toBeUndefined();
  });
});
