import { createHash } from 'crypto';
import {
  loneSurrogateIn,
  sha256Of,
  stretchesOf,
  textOf,
  utf8Of,
} from './largeText';

describe('Text of any length', () => {
  /** What must not be cut stands across the end of the first stretch. */
  const texts = [
    '',
    'select 1;',
    `${'x'.repeat(999_999)}\r\n${'y'.repeat(10)}`,
    `\ufeff${'x'.repeat(999_995)}😀${'ж'.repeat(1_500_000)}`,
  ];

  it.each(texts)('is cut in no wrong place', text => {
    const stretches = [...stretchesOf(text)];
    expect(stretches.join('') === text).toBe(true);
    for (const stretch of stretches) {
      expect(stretch.search(/\p{Surrogate}/u)).toBe(-1);
      expect(stretch.endsWith('\r')).toBe(false);
    }
  });

  it.each(texts)('has the bytes and the hash it has at once', async text => {
    const bytes = Buffer.from(text, 'utf8');
    expect((await utf8Of(text)).equals(bytes)).toBe(true);
    expect((await textOf(bytes)) === text).toBe(true);
    expect(await sha256Of(bytes)).toBe(
      createHash('sha256').update(bytes).digest('hex'),
    );
  });

  it.each(texts)('tells where half a character stands', async text => {
    expect(await loneSurrogateIn(text)).toBe(-1);
    expect(await loneSurrogateIn(`${text}\ud83d`)).toBe(text.length);
    expect(await loneSurrogateIn(`${text}\ude00 `)).toBe(text.length);
  });
});
