import { SqlProblem } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { loneSurrogateIn } from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { Lexer } from './lexer';
import { lineOf } from './splitter';

/**
 * Characters that make what is read differ from what runs: NUL; a CR without LF
 * and other line ends of Unicode, which MySQL takes for no line end; soft
 * hyphen, bidirectional controls and zero-width characters.
 */
const SUSPECT =
  '\\0|\\r(?!\\n)|[\\u0085\\u2028\\u2029\\u00ad\\u061c\\u180e\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u2064\\u2066-\\u2069\\ufeff]';
const MAX_FOUND = 100;

export async function characterProblems(sql: string): Promise<SqlProblem[]> {
  const problems: SqlProblem[] = [];
  const surrogate = await loneSurrogateIn(sql);
  if (surrogate >= 0) {
    problems.push({
      code: 'INVALID_CHARACTER',
      severity: 'error',
      line: lineOf(sql, surrogate),
      message: 'The text is not valid Unicode here',
    });
  }
  // A byte order mark at the very start is none of them.
  const from = sql.startsWith('\ufeff') ? 1 : 0;
  const first = new RegExp(SUSPECT, 'g');
  first.lastIndex = from;
  if (first.test(sql)) {
    problems.push(...problemsByToken(sql, from));
  }
  return problems;
}

/** Only a script that has such a character is read a second time, to see whether it stands in a literal. */
function problemsByToken(sql: string, from: number): SqlProblem[] {
  const problems: SqlProblem[] = [];
  const lexer = new Lexer(sql, { start: from, end: sql.length });
  while (problems.length < MAX_FOUND && lexer.next()) {
    const text = sql.slice(lexer.start, lexer.end);
    for (const found of text.matchAll(new RegExp(SUSPECT, 'g'))) {
      const character = found[0];
      const isLiteral = lexer.kind === 'string' && character !== '\0';
      if (isLiteral && character === '\r') {
        continue;
      }
      const code = character.charCodeAt(0).toString(16).toUpperCase();
      const name = `U+${code.padStart(4, '0')}`;
      problems.push({
        code: 'INVALID_CHARACTER',
        severity: isLiteral ? 'warning' : 'error',
        line: lineOf(sql, lexer.start + found.index),
        message: isLiteral
          ? `An invisible character (${name}) stands in a literal`
          : `The character ${name} makes what is read differ from what runs. Take it out`,
      });
      if (problems.length >= MAX_FOUND) {
        break;
      }
    }
  }
  return problems;
}
