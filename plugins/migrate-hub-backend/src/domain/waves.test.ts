import { Canary } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import fc from 'fast-check';
import { hoursAfterNoon, NOON } from './__testUtils__/records';
import { waveHold, waveOf, wavesOf } from './waves';

const soak: Canary = {
  targets: 2,
  then: { soakMinutes: 60 },
  waveSize: 3,
};
const person: Canary = { targets: 2, then: 'person' };

/** 2 and 3 of 8 targets have run: the second wave's turn, at one o'clock less a minute. */
const ask = {
  canary: soak,
  total: 8,
  released: 0,
  progress: { first: 2, failedBefore: 0, endedBefore: NOON, waiting: 3 },
  now: new Date(hoursAfterNoon(1).getTime() - 60_000),
  who: 'managers',
};
const kindOf = (change: Partial<typeof ask> = {}) =>
  waveHold({ ...ask, ...change })?.kind;

describe('waves', () => {
  it.each([
    [soak, 0, { number: 1, from: 0, to: 2 }],
    [soak, 1, { number: 1, from: 0, to: 2 }],
    [soak, 2, { number: 2, from: 2, to: 5 }],
    [soak, 7, { number: 3, from: 5, to: 8 }],
    [person, 2, { number: 2, from: 2, to: 8 }],
  ])('of %j hold item %i in %j', (canary, ordinal, wave) => {
    expect(waveOf(canary, ordinal, 8)).toEqual(wave);
  });

  it('hold each item once, in order, whatever their sizes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
        fc.integer({ min: 1, max: 60 }),
        (targets, waveSize, total) => {
          const canary: Canary = { targets, then: 'person', waveSize };
          let from = 0;
          let number = 0;
          for (let ordinal = 0; ordinal < total; ordinal += 1) {
            const wave = waveOf(canary, ordinal, total);
            if (ordinal === from) number += 1;
            expect(wave).toEqual({ number, from, to: wave.to });
            expect(wave.to).toBeGreaterThan(ordinal);
            if (ordinal === wave.to - 1) from = wave.to;
          }
          expect(from).toBe(total);
          expect(wavesOf(canary, total)).toBe(number);
        },
      ),
    );
  });

  it('let the canary start at once, and nothing behind it while it is at work', () => {
    const first = { first: 0, failedBefore: 0, waiting: 2 };
    expect(kindOf({ progress: first as typeof ask.progress })).toBeUndefined();
    expect(
      waveHold({ ...ask, progress: { ...first, waiting: 0 } }),
    ).toMatchObject({
      kind: 'wave',
      message: expect.stringMatching(/^Wave 1 of 3 \(2 targets\)/),
    });
  });

  it('soak exactly as long as they should', () => {
    expect(waveHold(ask)).toMatchObject({
      kind: 'soak',
      until: hoursAfterNoon(1),
    });
    expect(kindOf({ now: hoursAfterNoon(1) })).toBeUndefined();
  });

  it('wait for a person after a failure, however long it soaks, and under a policy that wants one', () => {
    const failed = { ...ask.progress, failedBefore: 1 };
    const later = hoursAfterNoon(100);
    expect(kindOf({ progress: failed, now: later })).toBe('person');
    expect(kindOf({ canary: person, now: later })).toBe('person');
    expect(kindOf({ canary: person, released: 1, now: later })).toBe('person');
    expect(kindOf({ progress: failed, released: 2 })).toBeUndefined();
    expect(kindOf({ canary: person, released: 2 })).toBeUndefined();
  });

  it('hold nothing of a run that has ended', () => {
    const over = { ...ask.progress, first: undefined };
    expect(waveHold({ ...ask, progress: over })).toBeUndefined();
  });
});
