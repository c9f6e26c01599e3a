import { relativeText } from './RelativeTime';

describe('a relative time', () => {
  const now = new Date('2026-01-31T12:00:00Z');

  it.each([
    ['2026-01-31T12:00:00Z', 'now'],
    ['2026-01-31T11:59:01Z', '59 seconds ago'],
    ['2026-01-31T11:58:01Z', '1 minute ago'],
    ['2026-01-31T10:00:00Z', '2 hours ago'],
    ['2026-01-30T11:00:00Z', 'yesterday'],
    ['2025-11-30T12:00:00Z', '2 months ago'],
    ['2026-01-31T12:05:00Z', 'in 5 minutes'],
  ])('of %s is said as %s', (at, text) => {
    expect(relativeText(new Date(at), now)).toBe(text);
  });
});
