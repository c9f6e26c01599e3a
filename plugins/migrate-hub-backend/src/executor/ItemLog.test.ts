import { ItemLog, LOG_LIMITS, printable } from './ItemLog';

describe('the log of an item', () => {
  it('keeps so many lines, counts the rest, and always tells the end', () => {
    const log = new ItemLog({
      earlierLines: 2,
      limits: { lines: 5, bytes: 1_000 },
    });
    for (let n = 1; n <= 10; n += 1) log.write('info', `line ${n}`);
    log.conclude('error', 'It failed.');
    expect(log.take().map(entry => entry.message)).toEqual([
      'line 1',
      'line 2',
      'line 3',
      'It failed.',
    ]);
    expect(log).toMatchObject({ lines: 6, dropped: 7, hasPending: false });
  });

  it('does not grow with a million notices', () => {
    const log = new ItemLog({ earlierLines: 0 });
    const notice = 'x'.repeat(100_000);
    for (let n = 0; n < 1_000_000; n += 1) log.write('info', notice);
    const entries = log.take();
    const size = entries.reduce((sum, entry) => sum + entry.message.length, 0);
    expect(size).toBeLessThan(LOG_LIMITS.bytes + 2 * LOG_LIMITS.lineBytes);
    expect(log.dropped).toBe(1_000_000 - entries.length);
  });

  it('keeps the order when lines could not be stored and come back', () => {
    const log = new ItemLog({ earlierLines: 0 });
    log.write('info', 'first');
    const taken = log.take();
    log.write('info', 'second');
    log.putBack(taken);
    expect(log.take().map(entry => entry.message)).toEqual(['first', 'second']);
  });

  it('holds only what JSON of the database can hold', () => {
    expect(printable('a\u0000b\ud800c')).toBe('a\ufffdb\ufffdc');
    expect(printable('äää', 3)).toBe('ä\ufffd … (cut)');
  });
});
