import {
  ExecutionWindow,
  Freeze,
  Weekday,
  weekdaySchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { DateTime } from 'luxon';
import { Refusal } from './refusal';

/** When runs may start: in a window of each list, and in no freeze. */
export interface Opening {
  windowLists: readonly (readonly ExecutionWindow[])[];
  freezes?: readonly Freeze[];
}

const DAYS = weekdaySchema.options;
const DAY_NAMES: Record<Weekday, string> = {
  mon: 'Monday',
  tue: 'Tuesday',
  wed: 'Wednesday',
  thu: 'Thursday',
  fri: 'Friday',
  sat: 'Saturday',
  sun: 'Sunday',
};

/** More steps than windows and freezes can interlock: then there is no opening worth waiting for. */
const MOST_STEPS = 200;

/** A time of day on a date, in its zone. One that a change of the clock leaves out is as much later. */
function atClock(day: DateTime, time: string): DateTime {
  const [hour, minute] = time.split(':').map(Number);
  // 24:00 is the next day's midnight; a day has not always 24 hours.
  return hour === 24
    ? day.plus({ days: 1 }).startOf('day')
    : day.set({ hour, minute, second: 0, millisecond: 0 });
}

/** The stretch of a window that begins on a day. */
function stretchOn(
  window: ExecutionWindow,
  day: DateTime,
): { from: number; to: number } | undefined {
  if (!window.days.includes(DAYS[day.weekday - 1])) return undefined;
  const overnight = window.to <= window.from;
  return {
    from: atClock(day, window.from).toMillis(),
    to: atClock(overnight ? day.plus({ days: 1 }) : day, window.to).toMillis(),
  };
}

/** Yesterday's may last until now. */
const AROUND = [-1, 0];
const WEEK = [0, 1, 2, 3, 4, 5, 6, 7];

/** Stretches of a window on days counted from that of a moment. */
function stretches(window: ExecutionWindow, at: number, days: number[]) {
  const today = DateTime.fromMillis(at, { zone: window.timeZone }).startOf(
    'day',
  );
  return days
    .map(count => stretchOn(window, today.plus({ days: count })))
    .filter(stretch => stretch !== undefined);
}

/** Whether a moment is in one of the windows. */
export function isInWindow(
  windows: readonly ExecutionWindow[],
  at: Date,
): boolean {
  const moment = at.getTime();
  return windows.some(window =>
    stretches(window, moment, AROUND).some(
      ({ from, to }) => from <= moment && moment < to,
    ),
  );
}

function freezeAt(
  freezes: readonly Freeze[] | undefined,
  moment: number,
): Freeze | undefined {
  return freezes?.find(
    ({ from, to }) => Date.parse(from) <= moment && moment < Date.parse(to),
  );
}

/** The first moment from `at` on in which a run may start; undefined if the lists have none in common. */
export function nextOpening(opening: Opening, at: Date): Date | undefined {
  let moment = at.getTime();
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const now = moment;
    const freeze = freezeAt(opening.freezes, now);
    const closed = opening.windowLists.find(
      windows => !isInWindow(windows, new Date(now)),
    );
    if (freeze) {
      moment = Date.parse(freeze.to);
    } else if (closed) {
      moment = Math.min(
        ...closed.flatMap(window =>
          stretches(window, now, WEEK)
            .map(({ from }) => from)
            .filter(from => from > now),
        ),
      );
    } else {
      return new Date(now);
    }
    if (!Number.isFinite(moment)) return undefined;
  }
  return undefined;
}

/** A moment as people read it, such as `Sat 28 Nov 2026, 02:00 Europe/Berlin`. */
export function momentText(at: Date | string, timeZone = 'UTC'): string {
  const moment =
    typeof at === 'string' ? DateTime.fromISO(at) : DateTime.fromJSDate(at);
  return `${moment
    .setZone(timeZone)
    .setLocale('en')
    .toFormat('ccc d LLL yyyy, HH:mm')} ${timeZone}`;
}

/** A freeze in words, without its reason. */
export const freezeText = ({ from, to }: Freeze): string =>
  `from ${momentText(from)} to ${momentText(to)}`;

/** Days as people say them: `Monday to Friday`, `Saturday and Sunday`. */
function daysText(days: readonly Weekday[]): string {
  const named = DAYS.filter(day => days.includes(day));
  if (named.length === DAYS.length) return 'every day';
  const first = DAYS.indexOf(named[0]);
  const inARow = named.every((day, index) => DAYS[first + index] === day);
  if (inARow && named.length > 2) {
    return `${DAY_NAMES[named[0]]} to ${DAY_NAMES[named[named.length - 1]]}`;
  }
  return named.map(day => DAY_NAMES[day]).join(' and ');
}

/** Windows in words. */
export function windowsText(windows: readonly ExecutionWindow[]): string {
  return windows
    .map(({ days, from, to, timeZone }) => {
      const next = to <= from ? ' of the next day' : '';
      return `${daysText(days)} ${from} to ${to}${next} (${timeZone})`;
    })
    .join(', or ');
}

/**
 * Why nothing may start at a moment, by the clock alone.
 *
 * @returns `FROZEN` or `OUTSIDE_WINDOW` with `opensAt` in the details
 */
export function timeRefusal(
  environment: string,
  opening: Opening,
  at: Date,
): Refusal | undefined {
  const freeze = freezeAt(opening.freezes, at.getTime());
  const closed = opening.windowLists.filter(
    windows => !isInWindow(windows, at),
  );
  if (!freeze && closed.length === 0) return undefined;
  const opens = nextOpening(opening, at);
  const next = opens
    ? `The next opening is ${momentText(
        opens,
        opening.windowLists[0]?.[0]?.timeZone,
      )}.`
    : 'There is no moment at which it would open: the rules that it was requested under and those of today have no time in common. Request a new run.';
  const who = 'two admins together, by breaking the glass';
  const details = opens ? { opensAt: opens.toISOString() } : {};
  if (freeze) {
    return {
      code: 'FROZEN',
      message: `Nothing starts in ${environment} ${freezeText(freeze)}: ${
        freeze.reason
      }. ${next}`,
      who,
      details,
    };
  }
  return {
    code: 'OUTSIDE_WINDOW',
    message: `Runs in ${environment} start ${closed
      .map(windowsText)
      .join(', and at the same time ')}. ${next}`,
    who,
    details,
  };
}
