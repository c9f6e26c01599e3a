type Expected = 'value' | 'valueOrEnd' | 'key' | 'keyOrEnd' | 'colon' | 'end';

const isSpace = (char: string) =>
  char === ' ' || char === '\n' || char === '\r' || char === '\t';
const hex4 = /^[0-9a-fA-F]{4}$/;

/** Offset after the string that begins at `at`, or the negative of where it breaks, less one. */
function skipString(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i += 1) {
    const char = text[i];
    if (char === '"') return i + 1;
    if (char < ' ') return -i - 1;
    if (char !== '\\') continue;
    i += 1;
    if (text[i] === 'u') {
      if (!hex4.test(text.slice(i + 1, i + 5))) return -i - 1;
      i += 4;
    } else if (i >= text.length || !'"\\/bfnrt'.includes(text[i])) {
      return -Math.min(i, text.length) - 1;
    }
  }
  return -text.length - 1;
}

/** Offset after the word or number that begins at `at`, or `at` if none does. */
function skipScalar(text: string, at: number): number {
  const scalar =
    /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)/y;
  scalar.lastIndex = at;
  return scalar.test(text) ? scalar.lastIndex : at;
}

/**
 * Offset of the first character that cannot stand there in JSON.
 *
 * @remarks
 * V8's own message quotes the text around it, and not always names the place.
 */
function firstErrorOffset(text: string): number {
  const open: Array<'{' | '['> = [];
  let expected: Expected = 'value';
  let at = 0;
  for (;;) {
    while (at < text.length && isSpace(text[at])) at += 1;
    if (at >= text.length) return at;
    const char = text[at];
    const inside = open[open.length - 1];

    if (expected === 'colon') {
      if (char !== ':') return at;
      expected = 'value';
      at += 1;
    } else if (expected === 'end') {
      if (char === ',' && inside) {
        expected = inside === '{' ? 'key' : 'value';
      } else if (char === (inside === '{' ? '}' : ']') && inside) {
        open.pop();
      } else {
        return at;
      }
      at += 1;
    } else if (expected === 'keyOrEnd' && char === '}') {
      open.pop();
      expected = 'end';
      at += 1;
    } else if (expected === 'valueOrEnd' && char === ']') {
      open.pop();
      expected = 'end';
      at += 1;
    } else if (char === '"') {
      const after = skipString(text, at);
      if (after < 0) return -after - 1;
      at = after;
      expected = expected.startsWith('key') ? 'colon' : 'end';
    } else if (expected.startsWith('key')) {
      return at;
    } else if (char === '{' || char === '[') {
      open.push(char);
      expected = char === '{' ? 'keyOrEnd' : 'valueOrEnd';
      at += 1;
    } else {
      const after = skipScalar(text, at);
      if (after === at) return at;
      at = after;
      expected = 'end';
    }
  }
}

/** Where text stops being JSON, both from 1. For text that `JSON.parse` refused. */
export function jsonErrorPosition(text: string): {
  line: number;
  column: number;
} {
  const before = text.slice(0, firstErrorOffset(text));
  const lineStart = before.lastIndexOf('\n') + 1;
  return {
    line: before.split('\n').length,
    column: before.length - lineStart + 1,
  };
}
