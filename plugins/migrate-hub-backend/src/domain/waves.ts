import { Canary } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Hold } from './holds';
import { gateText } from './policyText';
import { counted } from './refusal';
import { momentText } from './windows';

/** A wave of a run: the items with `from <= ordinal < to`. The first is the canary. */
export interface Wave {
  number: number;
  from: number;
  to: number;
}

/** How far a run has come, as the waves ask. */
export interface WaveProgress {
  /** Ordinal of the first item that has not ended; absent when all have. */
  first?: number;
  /** Of the items in the waves before that one: how many failed, and when the last ended. */
  failedBefore: number;
  endedBefore?: Date;
  /** Items of its wave that nobody has claimed. */
  waiting: number;
}

const MINUTE = 60_000;

/** The wave that an item belongs to. */
export function waveOf(canary: Canary, ordinal: number, total: number): Wave {
  const { targets, waveSize = Math.max(1, total - targets) } = canary;
  if (ordinal < targets) {
    return { number: 1, from: 0, to: Math.min(targets, total) };
  }
  const later = Math.floor((ordinal - targets) / waveSize);
  const from = targets + later * waveSize;
  return { number: later + 2, from, to: Math.min(from + waveSize, total) };
}

/** How many waves a run has. */
export const wavesOf = (canary: Canary, total: number): number =>
  waveOf(canary, total - 1, total).number;

function waveText(wave: Wave, canary: Canary, total: number): string {
  return `Wave ${wave.number} of ${wavesOf(canary, total)} (${counted(
    wave.to - wave.from,
    'target',
  )})`;
}

/**
 * Why the wave whose turn it is may not start, or has no more to start.
 *
 * @remarks
 * A wave starts when all before it have ended and what the policy wants has
 * come: a person, or time without a failure. After a failure no time will do:
 * a person has to say that it goes on.
 */
export function waveHold(input: {
  canary: Canary;
  /** Items of the run. */
  total: number;
  /** Waves up to this one were let start by a person. */
  released: number;
  progress: WaveProgress;
  now: Date;
  /** Who may let it go on. */
  who: string;
}): Hold | undefined {
  const { canary, total, progress, now } = input;
  if (progress.first === undefined) return undefined;
  const wave = waveOf(canary, progress.first, total);
  if (wave.number > 1 && input.released < wave.number) {
    const { failedBefore, endedBefore } = progress;
    if (canary.then === 'person' || failedBefore > 0) {
      const why =
        failedBefore > 0
          ? ` ${counted(failedBefore, 'target')} failed before it.`
          : '';
      return {
        kind: 'person',
        message: `${waveText(
          wave,
          canary,
          total,
        )} waits for a person to let it start.${why}`,
        who: input.who,
      };
    }
    const until = new Date(
      (endedBefore ?? now).getTime() + canary.then.soakMinutes * MINUTE,
    );
    if (now < until) {
      return {
        kind: 'soak',
        message: `${waveText(wave, canary, total)} starts at ${momentText(
          until,
        )}, after ${gateText(canary)}.`,
        until,
      };
    }
  }
  if (progress.waiting > 0 || wave.to === total) return undefined;
  return {
    kind: 'wave',
    message: `${waveText(
      wave,
      canary,
      total,
    )} is at work; the next comes when it has ended, after ${gateText(
      canary,
    )}.`,
  };
}
