import {
  breakGlassRefusal,
  confirmGlassRefusal,
  isGlassBroken,
} from './breakGlass';
import {
  ada,
  hoursAfterNoon,
  max,
  mia,
  NOON,
  person,
  revision,
  run,
  usersById,
} from './__testUtils__/records';
import { BreakGlass, UserRecord } from './types';

const cho = person({ id: 'cho', role: 'admin' });
const asked: BreakGlass = {
  reason: 'The shop is down',
  revision: 1,
  digest: revision().digest,
  requestedBy: 'ada',
  requestedAt: NOON,
};
const broken: BreakGlass = {
  ...asked,
  confirmed: { by: 'cho', at: NOON, keyId: 'k1', signature: 'AA==' },
};
const by = (roleGrantedBy: string) => ({ roleGrantedBy });
const known = (passwordGivenBy: string) => ({ proof: { passwordGivenBy } });
const factsOf = (
  glass: BreakGlass | undefined,
  options: { now?: Date; users?: UserRecord[]; revision?: number } = {},
) => ({
  run: run({
    status: 'approved',
    breakGlass: glass,
    revision: options.revision ?? 1,
  }),
  revision: revision(),
  users: usersById(...(options.users ?? [ada, cho, mia])),
  adminCircle: usersById(...(options.users ?? [ada, cho, mia])),
  now: options.now ?? NOON,
});

describe('a broken glass', () => {
  it('counts while two admins stand for it and what it was for is there', () => {
    expect(isGlassBroken(factsOf(broken), () => true)).toBe(true);
  });

  it.each<[string, Parameters<typeof factsOf>]>([
    ['nobody has asked', [undefined]],
    ['nobody has confirmed', [asked]],
    ['a day is over', [broken, { now: hoursAfterNoon(24) }]],
    ['the run was changed', [broken, { revision: 2 }]],
    ['it was for something else', [{ ...broken, digest: 'f'.repeat(64) }]],
    [
      'the first is no admin any more',
      [broken, { users: [{ ...ada, role: 'manager' }, cho] }],
    ],
    [
      'the second is disabled',
      [broken, { users: [ada, { ...cho, disabled: true }] }],
    ],
    ['both are one', [{ ...broken, requestedBy: 'cho' }]],
  ])('does not count when %s', (_name, glass) => {
    expect(isGlassBroken(factsOf(...glass), () => true)).toBe(false);
  });

  it('does not count when its signature is not ours', () => {
    expect(isGlassBroken(factsOf(broken), () => false)).toBe(false);
  });

  it.each([
    ['a manager', mia, asked, NOON, 'ROLE_REQUIRED'],
    ['whoever asked', ada, asked, NOON, 'SECOND_ADMIN'],
    ['another admin', cho, asked, NOON, undefined],
    [
      'another admin, an hour late',
      cho,
      asked,
      hoursAfterNoon(1),
      'NO_PROPOSAL',
    ],
    ['another admin, again', cho, broken, NOON, 'NO_PROPOSAL'],
  ])('is confirmed by %s: %s', (_name, user, glass, now, code) => {
    const refusal = confirmGlassRefusal({ user }, factsOf(glass, { now }));
    expect(refusal?.code).toBe(code);
  });

  /** Whoever asks is ada, whoever confirms is cho, and bob is an admin, too. */
  it.each<[string, Partial<UserRecord>[], boolean]>([
    ['stand for themselves', [{}, {}], true],
    ['were made by two others', [by('max'), by('bob')], true],
    ['are one the making of the other', [{}, by('ada')], false],
    ['are one the making of the other, who asks', [by('cho'), {}], false],
    ['are so through somebody else', [{}, by('bob'), by('ada')], false],
    ['are both the making of a third', [by('bob'), by('bob')], false],
    ['are so one by role, one by password', [by('bob'), known('bob')], false],
    ['know the password of the other', [{}, known('ada')], false],
    ['know the password, and ask', [known('cho'), {}], false],
    ['have it from each other', [by('cho'), by('ada')], false],
    [
      'have a role from a group',
      [{}, { ...by('ada'), groupRole: 'admin' }],
      true,
    ],
    ['come from somebody unproved', [{}, by('nobody')], false],
  ])('takes two who %s: %j', (_name, [first, second, third], allowed) => {
    const users = [
      { ...ada, ...first },
      { ...cho, ...second },
      person({ id: 'bob', role: 'admin', ...third }),
      mia,
      max,
    ];
    const facts = factsOf(asked, { users });
    const refusal = confirmGlassRefusal({ user: users[1] }, facts);
    expect(refusal?.code).toBe(allowed ? undefined : 'SECOND_ADMIN');
  });

  it('is for admins, for a run that only the clock keeps', () => {
    const closed = { code: 'FROZEN', message: 'Quiet.' } as const;
    const facts = factsOf(undefined);
    expect(breakGlassRefusal({ user: ada }, facts, closed)).toBeUndefined();
    expect(breakGlassRefusal({ user: mia }, facts, closed)?.code).toBe(
      'ROLE_REQUIRED',
    );
    expect(breakGlassRefusal({ user: ada }, facts, undefined)?.code).toBe(
      'BREAK_GLASS_NOT_NEEDED',
    );
    const waiting = { run: run({ status: 'awaiting_approval' }) };
    expect(breakGlassRefusal({ user: ada }, waiting, closed)?.code).toBe(
      'WRONG_STATE',
    );
  });
});
