import fc from 'fast-check';
import { agrees, SecondOpinion } from './secondOpinion';
import { Splitter } from './Splitter';

function cut(sql: string): string[] {
  const splitter = Splitter.create(sql);
  const statements = [...splitter.statements()];
  expect(splitter.problems).toEqual([]);
  return statements.map(({ start, end }) => sql.slice(start, end));
}

function cutAnyway(sql: string): string[] {
  return [...Splitter.create(sql).statements()].map(({ start, end }) =>
    sql.slice(start, end),
  );
}

describe('Splitter', () => {
  it.each<[string, string, string[]]>([
    [
      'doubled quotes',
      "SELECT 'a;''b;'; SELECT 2",
      ["SELECT 'a;''b;'", 'SELECT 2'],
    ],
    [
      'a backslash is an ordinary character',
      "SELECT 'a\\'; SELECT 2",
      ["SELECT 'a\\'", 'SELECT 2'],
    ],
    [
      'escapes after E',
      "SELECT E'\\';'; SELECT 2",
      ["SELECT E'\\';'", 'SELECT 2'],
    ],
    [
      'escapes after e',
      "SELECT e'\\';''x'; SELECT 2",
      ["SELECT e'\\';''x'", 'SELECT 2'],
    ],
    [
      'E as the tail of a name',
      "SELECT abcE'x\\'; SELECT 2",
      ["SELECT abcE'x\\'", 'SELECT 2'],
    ],
    [
      'a literal that goes on in the next line keeps its escapes',
      "SELECT E'a' -- x;\n  '\\';'; SELECT 2",
      ["SELECT E'a' -- x;\n  '\\';'", 'SELECT 2'],
    ],
    [
      'Unicode literals have no escapes',
      "SELECT U&'\\'; SELECT 2",
      ["SELECT U&'\\'", 'SELECT 2'],
    ],
    [
      'bit and hexadecimal literals',
      "SELECT B'1', X'F;'; SELECT 2",
      ["SELECT B'1', X'F;'", 'SELECT 2'],
    ],
    [
      'quoted names',
      'SELECT "a;""b;"; SELECT 2',
      ['SELECT "a;""b;"', 'SELECT 2'],
    ],
    [
      'dollar quotes',
      'DO $a$ $b$; $$;$$ $a$; SELECT 2',
      ['DO $a$ $b$; $$;$$ $a$', 'SELECT 2'],
    ],
    [
      'tags tell cases apart',
      'DO $a$;$A$;$a$; SELECT 2',
      ['DO $a$;$A$;$a$', 'SELECT 2'],
    ],
    [
      'dollars inside a name',
      'SELECT abc$x$y; SELECT $x$;$x$',
      ['SELECT abc$x$y', 'SELECT $x$;$x$'],
    ],
    [
      'parameters are no quotes',
      'SELECT $1; SELECT $2',
      ['SELECT $1', 'SELECT $2'],
    ],
    [
      'a tag after a parameter',
      'SELECT $1$a$;$a$; SELECT 2',
      ['SELECT $1$a$;$a$', 'SELECT 2'],
    ],
    [
      'comments nest',
      'SELECT 1 /* ; /* ; */ ; */; SELECT 2',
      ['SELECT 1', 'SELECT 2'],
    ],
    [
      'comments inside stay',
      'SELECT /* ; */ 1 -- ;\n, 2; SELECT 2',
      ['SELECT /* ; */ 1 -- ;\n, 2', 'SELECT 2'],
    ],
    [
      'a planner hint stays',
      '/*+ SeqScan(a) */ SELECT 1; /* no hint */ SELECT 2',
      ['/*+ SeqScan(a) */ SELECT 1', 'SELECT 2'],
    ],
    [
      'comment signs end an operator',
      'SELECT 1 +-- ;\n2; SELECT 3 */* ; */ 2',
      ['SELECT 1 +-- ;\n2', 'SELECT 3 */* ; */ 2'],
    ],
    [
      'rules have statements in parentheses',
      'CREATE RULE r AS ON INSERT TO a DO (SELECT 1; SELECT 2); SELECT 3',
      ['CREATE RULE r AS ON INSERT TO a DO (SELECT 1; SELECT 2)', 'SELECT 3'],
    ],
    [
      'a routine in standard SQL',
      'CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT x.end, 2 AS case; END; SELECT 3',
      [
        'CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT x.end, 2 AS case; END',
        'SELECT 3',
      ],
    ],
    [
      'BEGIN elsewhere',
      'BEGIN; SELECT 1; END; SELECT 2',
      ['BEGIN', 'SELECT 1', 'END', 'SELECT 2'],
    ],
    ['a byte order mark', '\ufeffSELECT 1;', ['SELECT 1']],
    ['CRLF', 'SELECT 1;\r\n\r\nSELECT 2;\r\n', ['SELECT 1', 'SELECT 2']],
    ['empty statements', ';;\n;SELECT 1;;', ['SELECT 1']],
    ['no semicolon at the end', 'SELECT 1', ['SELECT 1']],
    [
      'letters beyond ASCII',
      "SELECT größe$a$ FROM ünï; SELECT '😀;'",
      ['SELECT größe$a$ FROM ünï', "SELECT '😀;'"],
    ],
    [
      'a number next to a name',
      "SELECT 1e'\\';'; SELECT 0x1F, 1_000",
      ["SELECT 1e'\\';'", 'SELECT 0x1F, 1_000'],
    ],
  ])('%s', (_, sql, expected) => {
    expect(cut(sql)).toEqual(expected);
  });

  it('loses no word of the script, whatever it looks like', () => {
    const token = fc.constantFrom(
      "'",
      "''",
      "E'",
      "\\'",
      '"',
      '$$',
      '$a$',
      '$1',
      'abc',
      'E',
      'U&',
      '/*',
      '*/',
      '--',
      '\n',
      ';',
      '(',
      ')',
      ' ',
      'begin',
      'atomic',
      'create function f()',
      'case',
      'end',
      '.',
      'as',
      '\\',
      'ü',
      '😀',
      '1',
      '\ufeff',
      'go',
      '\r\n',
    );
    fc.assert(
      fc.property(fc.array(token, { maxLength: 40 }), tokens => {
        const sql = tokens.join('');
        const splitter = Splitter.create(sql);
        const statements = [...splitter.statements()];
        let end = 0;
        let between = '';
        for (const statement of statements) {
          expect(statement.start).toBeGreaterThanOrEqual(end);
          expect(statement.end).toBeGreaterThan(statement.start);
          between += `${sql.slice(end, statement.start)}\n`;
          end = statement.end;
        }
        // What stands between the statements is nothing that runs. Behind a
        // problem nothing can be told apart.
        between += splitter.problems.length ? '' : sql.slice(end);
        expect(cutAnyway(between)).toEqual([]);
      }),
      { numRuns: 3_000 },
    );
  });

  it('agrees with the grammar of Postgres on whatever that understands', async () => {
    const grammar = SecondOpinion.create();
    const literal = fc.constantFrom(
      "'a;''b'",
      "E'\\';\\\\'",
      "E'a'\n'\\';'",
      "'a\\'",
      "U&'\\0061;'",
      "B'1'",
      '$$;$$',
      "$a$;$$'$a$",
      '"x;""y"',
      'abc$x$y',
      '$1',
      '1e5',
      '(1)',
      "N'x;'",
      "'a'\n';b'",
      '1 /* ; /* '.concat("' */ ; */"),
      "1 -- ' ;\n",
      'CASE WHEN true THEN 1 END',
      '1 + -1',
      '1 +-- ;\n 2',
    );
    const gap = fc.constantFrom(
      ' ',
      '\n',
      '\r\n',
      ' /* ; */ ',
      ' /*+ Hint(;) */ ',
      ' -- ;\n',
      '\t',
    );
    const select = fc
      .array(fc.tuple(gap, literal), { minLength: 1, maxLength: 4 })
      .map(parts => `SELECT${parts.map(part => part.join('')).join(',')}`);
    const routine = fc
      .array(select, { minLength: 1, maxLength: 3 })
      .map(
        body =>
          `CREATE FUNCTION f() RETURNS int BEGIN ATOMIC ${body.join(';')}; END`,
      );
    const rule = fc
      .array(select, { minLength: 2, maxLength: 3 })
      .map(body => `CREATE RULE r AS ON UPDATE TO t DO (${body.join(' ; ')})`);
    const script = fc.array(
      fc.tuple(
        fc.oneof(
          { weight: 4, arbitrary: select },
          routine,
          rule,
          fc.constantFrom('', ' ', 'BEGIN', 'END', '/* ; */'),
        ),
        gap,
      ),
      { maxLength: 6 },
    );
    let understood = 0;
    await fc.assert(
      fc.asyncProperty(script, async parts => {
        const sql = parts.map(part => part.join('')).join(';');
        const opinion = await grammar.ask(sql);
        if ('silent' in opinion) {
          return;
        }
        understood += 1;
        const bytes = (offset: number) =>
          Buffer.byteLength(sql.slice(0, offset));
        const ours = [...Splitter.create(sql).statements()].map(
          ({ start, end }) => [bytes(start), bytes(end)] as const,
        );
        expect({ sql, agrees: agrees(ours, opinion.ranges) }).toEqual({
          sql,
          agrees: true,
        });
      }),
      { numRuns: 500 },
    );
    expect(understood).toBeGreaterThan(300);
  });
});

describe('SecondOpinion', () => {
  it('counts bytes', async () => {
    const sql = "SELECT 'ü'; SELECT 2";
    await expect(SecondOpinion.create().ask(sql)).resolves.toEqual({
      ranges: [
        [0, 11],
        [13, 21],
      ],
    });
  });

  it('gives up on what takes too long and is there for the next script', async () => {
    const grammar = SecondOpinion.create({ timeoutMs: 1_000 });
    const deep = `${'/*'.repeat(100_000)}${'*/'.repeat(100_000)} SELECT 1`;
    const [first, second] = await Promise.all([
      grammar.ask(deep),
      grammar.ask('SELECT 1'),
    ]);
    expect(first).toEqual({ silent: expect.stringContaining('too long') });
    expect(second).toEqual({ ranges: [[0, 8]] });
  });

  it('says nothing of what is too large or not understood', async () => {
    const grammar = SecondOpinion.create({ maxBytes: 10 });
    expect(await grammar.ask('SELECT 1234')).toEqual({
      silent: expect.stringContaining('larger than 10 bytes'),
    });
    expect(await grammar.ask('SELEC')).toEqual({
      silent: expect.stringContaining('syntax error'),
    });
  });
});
