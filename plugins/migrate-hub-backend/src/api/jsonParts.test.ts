import { isLarge, jsonParts } from './jsonParts';

describe('A large answer', () => {
  const long = `${'x'.repeat(999_999)}😀"\\\r\n\u2028\ud800${'ж'.repeat(
    600_000,
  )}`;

  it.each([
    [
      'a long script',
      { id: 1, sqlUp: long, sqlDown: undefined, ü: [null, 'a'] },
    ],
    [
      'many statements',
      {
        statements: Array.from({ length: 60_000 }, (_, index) => ({
          index,
          text: `select ${index};`,
          line: undefined,
        })),
      },
    ],
    [
      'long text deep within',
      [undefined, [[{ a: { b: [long, 1, { c: long }] } }]], new Date(0)],
    ],
    ['nothing that could be written first', { a: undefined, b: long }],
  ])('says the same as at once: %s', (_, value) => {
    expect(isLarge(value)).toBe(true);
    const parts = [...jsonParts(value)];
    expect(parts.join('') === JSON.stringify(value)).toBe(true);
    expect(parts.length).toBeGreaterThan(1);
    for (const part of parts) expect(part.length).toBeLessThan(3_000_000);
  });

  it('is told from others', () => {
    expect(
      isLarge({ items: Array.from({ length: 200 }, () => ({ a: 'b' })) }),
    ).toBe(false);
    expect([...jsonParts({ a: 1 })]).toEqual(['{"a":1}']);
  });
});
