import fc from 'fast-check';
import { split, SplitFault, SplitStatement } from './splitter';

function read(sql: string): {
  statements: SplitStatement[];
  fault?: SplitFault;
} {
  const statements: SplitStatement[] = [];
  for (const step of split(sql, { watch: new Set(['migrations', '\\']) })) {
    if (step && 'fault' in step) {
      return { statements, fault: step.fault };
    }
    if (step) {
      statements.push(step.statement);
    }
  }
  return { statements };
}

function texts(sql: string): string[] {
  const { statements, fault } = read(sql);
  expect(fault).toBeUndefined();
  return statements.map(({ start, end }) => sql.slice(start, end));
}

describe('a script is cut as the mysql client cuts it', () => {
  it.each<[string, string, string[]]>([
    ['plain statements', 'SELECT 1; SELECT 2', ['SELECT 1', 'SELECT 2']],
    [
      'a quote with a backslash',
      "SELECT 'a\\';b'; X",
      ["SELECT 'a\\';b'", 'X'],
    ],
    ['a doubled quote', "SELECT 'a'';b'; X", ["SELECT 'a'';b'", 'X']],
    ['double quotes', 'SELECT "a\\";""b"; X', ['SELECT "a\\";""b"', 'X']],
    ['a name in backticks', 'SELECT `a;``\\`; X', ['SELECT `a;``\\`', 'X']],
    [
      'an escaped backslash at the end',
      "SELECT '\\\\'; X",
      ["SELECT '\\\\'", 'X'],
    ],
    ['a comment of two dashes', 'SELECT 1 -- a;b\n; X', ['SELECT 1', 'X']],
    ['two dashes that are a sum', 'SELECT 1--1;X', ['SELECT 1--1', 'X']],
    ['two dashes at the end', 'SELECT 1 --', ['SELECT 1']],
    ['a hash', 'SELECT 1 # a;b\n+ 1; X', ['SELECT 1 # a;b\n+ 1', 'X']],
    [
      'a comment that does not nest',
      '/* /* ; */ SELECT 1; X',
      ['SELECT 1', 'X'],
    ],
    ['a hint', 'SELECT /*+ a;b */ 1; X', ['SELECT /*+ a;b */ 1', 'X']],
    [
      'a version comment',
      '/*!40101 SET @a = 1 */; X',
      ['/*!40101 SET @a = 1 */', 'X'],
    ],
    [
      'a comment in a version comment',
      '/*M! SELECT 1 /* ; */ */; X',
      ['/*M! SELECT 1 /* ; */ */', 'X'],
    ],
    [
      'a byte order mark and CRLF',
      '\ufeffSELECT 1;\r\nX;\r\n',
      ['SELECT 1', 'X'],
    ],
    ['empty statements', ';;\n;SELECT 1;;', ['SELECT 1']],
    ['dollar signs in names', 'SELECT a$b;X', ['SELECT a$b', 'X']],
  ])('%s', (_, sql, expected) => {
    expect(texts(sql)).toEqual(expected);
  });

  it.each<[string, string, string[]]>([
    [
      'slashes',
      'DELIMITER //\nSELECT 1; //\nSELECT 2//\nDELIMITER ;\nX;',
      ['SELECT 1;', 'SELECT 2', 'X'],
    ],
    [
      'dollars at the end of a word',
      'delimiter $$\nSELECT 1 END$$ X$$',
      ['SELECT 1 END', 'X'],
    ],
    ['two semicolons', 'DELIMITER ;;\nSELECT 1; ;;X;;', ['SELECT 1;', 'X']],
    [
      'a delimiter in a string',
      "DELIMITER //\nSELECT '//'//X//",
      ["SELECT '//'", 'X'],
    ],
    [
      'a delimiter in a comment',
      'DELIMITER //\nSELECT 1 -- //\n//X',
      ['SELECT 1', 'X'],
    ],
    ['no line after it', 'SELECT 1;\nDELIMITER //', ['SELECT 1']],
  ])('DELIMITER: %s', (_, sql, expected) => {
    expect(texts(sql)).toEqual(expected);
  });

  it.each([
    ['DELIMITER', 1],
    ['X;\nDELIMITER go\n', 2],
    ["X;\nDELIMITER '\n", 2],
    ['DELIMITER // SELECT 1', 1],
    ['DELIMITER --\n', 1],
  ])('DELIMITER that cannot be kept: %j', (sql, line) => {
    expect(read(sql).fault).toMatchObject({ code: 'CLIENT_COMMAND', line });
  });

  it.each([
    ["X;\nSELECT 'a", 2],
    ["SELECT 'a\\'", 1],
    ['SELECT "a', 1],
    ['X;\n\nSELECT `a', 3],
    ['/* a', 1],
    ['SELECT /*! 1', 1],
    ['SELECT /*! 1; SELECT 2 */', 1],
    ['SELECT /*! 1 /*! 2 */ */', 1],
  ])('what is not closed is an error: %j', (sql, line) => {
    expect(read(sql).fault).toMatchObject({ code: 'UNTERMINATED', line });
  });
});

describe('the body of a stored program stays whole', () => {
  const X = 'SELECT 1';

  it.each([
    `CREATE PROCEDURE p() BEGIN ${X}; ${X}; END`,
    `CREATE OR REPLACE DEFINER = \`a\`@\`%\` PROCEDURE p(begin INT) BEGIN ${X}; END`,
    `CREATE DEFINER=root@localhost FUNCTION f() RETURNS INT RETURN IF(1, 2, 3)`,
    `CREATE DEFINER=CURRENT_USER() AGGREGATE FUNCTION f(a INT) RETURNS INT BEGIN ${X}; END`,
    `CREATE PROCEDURE IF NOT EXISTS p() BEGIN ${X}; END`,
    `CREATE FUNCTION f() RETURNS varchar(9) CHARACTER SET utf8mb4 BEGIN ${X}; RETURN 'a'; END`,
    `CREATE PROCEDURE p() outer_block: BEGIN inner_block: LOOP ${X}; LEAVE inner_block; END LOOP inner_block; END outer_block`,
    `CREATE PROCEDURE p() BEGIN IF a THEN ${X}; ELSEIF b THEN ${X}; ELSE IF c THEN ${X}; END IF; END IF; END`,
    `CREATE PROCEDURE p() IF a THEN ${X}; ELSE ${X}; END IF`,
    `CREATE PROCEDURE p() BEGIN CASE a WHEN 1 THEN ${X}; ELSE BEGIN END; END CASE; END`,
    `CREATE PROCEDURE p() BEGIN SET a = CASE WHEN b THEN IF(c, 1, 2) ELSE 3 END; ${X}; END`,
    `CREATE PROCEDURE p() BEGIN WHILE a DO ${X}; END WHILE; REPEAT ${X}; UNTIL a > 5 END REPEAT; END`,
    `CREATE PROCEDURE p() BEGIN FOR i IN 1..3 DO ${X}; END FOR; DO SLEEP(IF(1, 0, 1)); END`,
    `CREATE PROCEDURE p() BEGIN DECLARE EXIT HANDLER FOR SQLEXCEPTION, NOT FOUND BEGIN ${X}; END; ${X}; END`,
    `CREATE PROCEDURE p() BEGIN DECLARE c CURSOR FOR ${X}; DECLARE CONTINUE HANDLER FOR NOT FOUND SET done = 1; END`,
    `CREATE PROCEDURE p() BEGIN SELECT start, end, t.begin, \`end\` FROM t WHERE end > 1; ${X}; END`,
    `CREATE PROCEDURE p() BEGIN SELECT REPEAT('a', 3), LEFT('b', 1); DROP TABLE IF EXISTS t; END`,
    `CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW SET NEW.b = 1`,
    `CREATE TRIGGER t AFTER UPDATE ON a FOR EACH ROW FOLLOWS other BEGIN IF a THEN ${X}; END IF; END`,
    `CREATE TRIGGER t AFTER DELETE ON a FOR EACH ROW IF a THEN ${X}; END IF`,
    `CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM t`,
    `CREATE EVENT e ON SCHEDULE EVERY 1 DAY STARTS NOW() ENDS NOW() DO BEGIN ${X}; ${X}; END`,
    `ALTER EVENT e DO BEGIN ${X}; END`,
    `ALTER EVENT e DISABLE`,
    `BEGIN NOT ATOMIC ${X}; IF a THEN ${X}; END IF; END`,
    `CREATE PACKAGE p AS PROCEDURE a(); FUNCTION b() RETURN INT; END`,
    `CREATE PACKAGE BODY p AS PROCEDURE a() AS BEGIN ${X}; END; END`,
    `/*!50003 CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN ${X}; ${X}; END */`,
  ])('%s', sql => {
    expect(texts(`${sql};\nDROP TABLE a; ${sql}`)).toEqual([
      sql,
      'DROP TABLE a',
      sql,
    ]);
  });

  it.each([
    `CREATE TABLE begin (begin int, end int)`,
    `CREATE VIEW v AS SELECT CASE WHEN a THEN 1 END FROM t`,
    `CREATE DEFINER = a@b SQL SECURITY INVOKER VIEW v AS SELECT 1`,
    `ALTER TABLE t ADD procedure_name int`,
    `DROP PROCEDURE p`,
    `SELECT CASE a WHEN 1 THEN 2 END`,
    `BEGIN`,
    `CREATE FUNCTION f RETURNS STRING SONAME 'udf.so'`,
  ])('is not looked for elsewhere: %s', sql => {
    expect(texts(`${sql}; SELECT 2`)).toEqual([sql, 'SELECT 2']);
  });

  it.each([
    `CREATE PROCEDURE p() BEGIN ${X};`,
    `CREATE PROCEDURE p() BEGIN IF a THEN ${X}; END; END;`,
    `CREATE PROCEDURE p() BEGIN ${X}; END IF;`,
    `CREATE PROCEDURE p() BEGIN LOOP ${X}; END WHILE; END;`,
    `CREATE PROCEDURE p() BEGIN IF a THEN ${X}; END IF; DROP TABLE b;`,
  ])('is an error when it does not come out even: %s', sql => {
    expect(read(`X;\n${sql} SELECT 2;`).fault).toMatchObject({
      code: 'UNTERMINATED',
      line: 2,
    });
  });

  it('needs no counting between DELIMITER lines', () => {
    const body = `CREATE PROCEDURE p() BEGIN IF a THEN ${X}; END`;
    expect(texts(`DELIMITER //\n${body}//\nDELIMITER ;\n${X};`)).toEqual([
      body,
      X,
    ]);
  });
});

describe('what stands where', () => {
  it('marks code in version comments, names to look at, and a second statement', () => {
    const sql =
      "DELIMITER //\nSELECT 1; SELECT 2 //\nINSERT /*! IGNORE */ INTO `Migrations` VALUES ('migrations') //";
    const { statements } = read(sql);
    expect(statements).toMatchObject([
      {
        line: 2,
        versionComment: 'none',
        secondStatement: sql.indexOf('SELECT 2'),
        head: ['SELECT', '1', ';', 'SELECT', '2'],
        mentions: [],
      },
      {
        line: 3,
        versionComment: 'some',
        head: [
          'INSERT',
          'IGNORE',
          'INTO',
          'Migrations',
          'VALUES',
          '(',
          "''",
          ')',
        ],
        mentions: [{ name: 'migrations', start: sql.indexOf('`Migr') }],
      },
    ]);
  });
});

describe('for every script', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      ';',
      "'",
      '"',
      '`',
      '\\',
      '\n',
      '-- ',
      '--',
      '#',
      '/*',
      '*/',
      '/*!',
      'BEGIN',
      'END',
      'CREATE PROCEDURE p() ',
      'IF',
      'CASE',
      ' ',
      'DELIMITER //\n',
      '//',
      'é😀',
      'x',
    ),
    fc.string({ maxLength: 5 }),
  );
  const scripts = fc
    .array(piece, { maxLength: 40 })
    .map(parts => parts.join(''));

  it('the statements and what is between them are the script, byte for byte', () => {
    fc.assert(
      fc.property(scripts, sql => {
        const { statements } = read(sql);
        let rebuilt = '';
        let at = 0;
        for (const { start, end } of statements) {
          expect(start).toBeGreaterThanOrEqual(at);
          expect(end).toBeGreaterThan(start);
          rebuilt += sql.slice(at, start) + sql.slice(start, end);
          at = end;
        }
        expect(rebuilt + sql.slice(at)).toBe(sql);
      }),
      { numRuns: 2_000 },
    );
  });

  it('nothing but space, comments and delimiters is left out', () => {
    fc.assert(
      fc.property(scripts, sql => {
        const { statements, fault } = read(sql);
        fc.pre(fault === undefined && !/DELIMITER/i.test(sql));
        let at = 0;
        for (const { start, end } of [
          ...statements,
          { start: sql.length, end: sql.length },
        ]) {
          // What is between two statements holds no statement of its own.
          expect(texts(sql.slice(at, start))).toEqual([]);
          at = end;
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('whole statements joined by their delimiter come apart again', () => {
    const literal = fc
      .string({ maxLength: 10 })
      .map(text => `'${text.replace(/[\\']/g, '\\$&')}'`);
    const name = fc
      .string({ minLength: 1, maxLength: 10 })
      .map(text => `\`${text.replaceAll('`', '``')}\``);
    const comment = fc
      .string({ maxLength: 10 })
      .map(text => `/*${text.replace(/[*/!]|^M/g, ' ')}*/`);
    const statement = fc
      .array(fc.oneof(literal, name, comment, fc.constant('(1)')), {
        maxLength: 8,
      })
      .map(parts => `SELECT ${parts.join(' ')} FROM t`);
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 8 }), statements => {
        expect(texts(statements.join(';\n'))).toEqual(statements);
      }),
      { numRuns: 1_000 },
    );
  });
});
