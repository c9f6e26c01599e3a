import {
  ExecutionWindow,
  executionWindowSchema,
  freezeSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import fc from 'fast-check';
import { stricterPolicy } from './policy';
import { moments, policies } from './__testUtils__/policies';
import { isInWindow, nextOpening, timeRefusal } from './windows';

const berlin = 'Europe/Berlin';
const nights: ExecutionWindow = {
  days: ['mon', 'tue', 'wed', 'thu', 'fri'],
  from: '22:00',
  to: '04:00',
  timeZone: berlin,
};
const sundays: ExecutionWindow = {
  days: ['sun'],
  from: '00:00',
  to: '24:00',
  timeZone: berlin,
};
const atTwoThirty: ExecutionWindow = {
  days: ['sun'],
  from: '02:30',
  to: '03:30',
  timeZone: berlin,
};

describe('a window', () => {
  it.each([
    ['Friday 21:59 in Berlin', nights, '2026-11-27T20:59:59Z', false],
    ['Friday 22:00', nights, '2026-11-27T21:00:00Z', true],
    ['03:59 of the Saturday after', nights, '2026-11-28T02:59:59Z', true],
    ['04:00 of it', nights, '2026-11-28T03:00:00Z', false],
    ['Saturday 23:00, no day of it', nights, '2026-11-28T22:00:00Z', false],
    [
      'Monday 03:00: Sunday is no day of it',
      nights,
      '2026-11-30T02:00:00Z',
      false,
    ],
    [
      'a Friday in summer, an hour earlier in UTC',
      nights,
      '2026-07-03T20:00:00Z',
      true,
    ],
    ['the end of a day of 23 hours', sundays, '2026-03-29T21:59:00Z', true],
    ['midnight after it', sundays, '2026-03-29T22:00:00Z', false],
    ['the end of a day of 25 hours', sundays, '2026-10-25T22:59:00Z', true],
    ['midnight after that', sundays, '2026-10-25T23:00:00Z', false],
    [
      'an hour that the clock leaves out: none that day',
      atTwoThirty,
      '2026-03-29T01:15:00Z',
      false,
    ],
    ['the same hour a week later', atTwoThirty, '2026-04-05T00:45:00Z', true],
  ])('at %s', (_name, window, at, open) => {
    expect(isInWindow([window], new Date(at))).toBe(open);
  });

  it.each([
    [{ ...nights, timeZone: 'Mars/Base' }, /time zone/],
    [{ ...nights, timeZone: 'EST5' }, /IANA/],
    [{ ...nights, to: '22:00' }, /differ/],
    [{ ...nights, from: '24:00' }, /time of day/],
    [{ ...nights, days: [] }, /./],
  ])('is refused if it makes no sense', (window, message) => {
    const parsed = executionWindowSchema.safeParse(window);
    expect(parsed.error?.issues[0].message).toMatch(message);
  });

  it('opens exactly where the next opening says, and not before', () => {
    fc.assert(
      fc.property(policies, policies, moments, (one, other, at) => {
        const held = stricterPolicy(one, other);
        const opens = nextOpening(held, at);
        const closed = timeRefusal('prd', held, at);
        fc.pre(opens !== undefined);
        expect(timeRefusal('prd', held, opens)).toBeUndefined();
        expect(opens.getTime() > at.getTime()).toBe(closed !== undefined);
        const wait = opens.getTime() - at.getTime();
        for (const part of [0, 0.5, 0.999999]) {
          const before = new Date(at.getTime() + Math.floor(wait * part));
          if (before >= opens) continue;
          expect(timeRefusal('prd', held, before)).toBeDefined();
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('the refusal by the clock', () => {
  const freeze = {
    from: '2026-11-27T00:00:00Z',
    to: '2026-11-30T00:00:00Z',
    reason: 'Black Friday',
  };

  it('names the freeze, its reason and the next opening', () => {
    const refusal = timeRefusal(
      'prd',
      { windowLists: [[nights]], freezes: [freeze] },
      new Date('2026-11-27T22:00:00Z'),
    );
    expect(refusal).toEqual({
      code: 'FROZEN',
      message:
        'Nothing starts in prd from Fri 27 Nov 2026, 00:00 UTC to Mon 30 Nov 2026, 00:00 UTC: Black Friday. The next opening is Mon 30 Nov 2026, 22:00 Europe/Berlin.',
      who: 'two admins together, by breaking the glass',
      details: { opensAt: '2026-11-30T21:00:00.000Z' },
    });
  });

  it('says when two policies have no time in common', () => {
    const refusal = timeRefusal(
      'prd',
      { windowLists: [[nights], [{ ...nights, from: '08:00', to: '09:00' }]] },
      new Date('2026-11-24T22:00:00Z'),
    );
    expect(refusal).toMatchObject({
      code: 'OUTSIDE_WINDOW',
      message: expect.stringContaining('Request a new run'),
      details: {},
    });
  });

  it('is none in a window and outside freezes', () => {
    expect(
      timeRefusal(
        'prd',
        { windowLists: [[nights]], freezes: [freeze] },
        new Date('2026-11-24T22:00:00Z'),
      ),
    ).toBeUndefined();
  });

  it('knows a freeze that ends before it begins as bad input', () => {
    const turned = { ...freeze, from: freeze.to, to: freeze.from };
    expect(freezeSchema.safeParse(turned).success).toBe(false);
  });
});
