import { createHash } from 'crypto';
import fc from 'fast-check';
import { TransactionMode } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { planScript } from './plan';

const PROTECTED = ['migrations', 'migrations_ledger'];

async function plan(sql: string, mode: TransactionMode = 'auto') {
  return planScript({ sql, mode, protectedTables: PROTECTED });
}

async function errorsOf(sql: string, mode?: TransactionMode) {
  const { problems } = await plan(sql, mode);
  return problems
    .filter(({ severity }) => severity === 'error')
    .map(({ code, line }) => [code, line]);
}

async function warningsOf(sql: string) {
  const { problems } = await plan(sql, 'no_transaction');
  return problems
    .filter(({ severity }) => severity === 'warning')
    .map(({ code }) => code);
}

describe('what can be in a transaction', () => {
  it.each<[string, 'yes' | 'no' | 'opaque', string]>([
    ['INSERT INTO t VALUES (1)', 'yes', 'INSERT'],
    ['(SELECT 1) UNION (SELECT 2)', 'yes', 'SELECT'],
    ['WITH a AS (SELECT 1) DELETE FROM t', 'yes', 'WITH'],
    ["LOAD DATA INFILE 'a' INTO TABLE t", 'yes', 'LOAD DATA'],
    ['SET @a = 1, foreign_key_checks = 0', 'yes', 'SET'],
    ['SET SESSION max_execution_time = 1', 'yes', 'SET'],
    ['CREATE TEMPORARY TABLE t (id int)', 'yes', 'CREATE TEMPORARY TABLE'],
    ['DROP TEMPORARY TABLE t', 'yes', 'DROP TEMPORARY TABLE'],
    ['/*!40101 SET @a = 1 */', 'yes', 'SET'],
    ['CREATE TABLE t (id int)', 'no', 'CREATE TABLE'],
    [
      'CREATE /*!40000 TEMPORARY */ TABLE t (id int)',
      'no',
      'CREATE TEMPORARY TABLE',
    ],
    ['create unique index i on t (a)', 'no', 'CREATE UNIQUE INDEX'],
    ['ALTER TABLE t ADD temporary int', 'no', 'ALTER TABLE'],
    ['TRUNCATE TABLE t', 'no', 'TRUNCATE TABLE'],
    ['RENAME TABLE a TO b', 'no', 'RENAME TABLE'],
    ['ANALYZE TABLE t', 'no', 'ANALYZE'],
    ['GRANT SELECT ON *.* TO a@b', 'no', 'GRANT'],
    ["SET PASSWORD = 'x'", 'no', 'SET'],
    ['SET GLOBAL max_connections = 9', 'no', 'SET'],
    ['SET @@global.max_connections = 9', 'no', 'SET'],
    ['SET ROLE NONE', 'no', 'SET'],
    ['FLUSH TABLES', 'no', 'FLUSH'],
    ['CALL p()', 'opaque', 'CALL'],
    ['EXECUTE s', 'opaque', 'EXECUTE'],
    ['BEGIN NOT ATOMIC SELECT 1; END', 'opaque', 'BEGIN'],
    ['SET STATEMENT max_statement_time = 1 FOR SELECT 1', 'opaque', 'SET'],
    ['SOMETHING NEW', 'no', 'SOMETHING'],
  ])('%s: %s', async (sql, transactional, kind) => {
    const { statements } = await plan(sql, 'no_transaction');
    expect(statements).toMatchObject([{ transactional, kind }]);
  });
});

describe('transactions of the script itself', () => {
  const one = { mode: 'single_transaction' };

  it.each([
    'BEGIN; INSERT INTO a VALUES (1); COMMIT',
    'begin work; INSERT INTO a VALUES (1); commit and no chain no release;',
    'START TRANSACTION READ WRITE; INSERT INTO a VALUES (1); COMMIT WORK;',
  ])('around all of it: %s', async sql => {
    const result = await plan(sql);
    expect(result.plan).toMatchObject({
      ...one,
      units: [{ first: 0, last: 0, transactional: true }],
    });
    expect((await plan(sql, 'single_transaction')).plan).toMatchObject(one);
  });

  it.each([
    ['COMMIT', 1],
    ['BEGIN;\nDELETE FROM a', 1],
    ['BEGIN;\nBEGIN;\nCOMMIT', 2],
    ['START TRANSACTION READ ONLY;\nCOMMIT', 1],
    ['BEGIN;\nCOMMIT AND CHAIN', 2],
    ['BEGIN;\nCOMMIT RELEASE', 2],
    ['BEGIN;\nROLLBACK', 2],
    ['SET TRANSACTION ISOLATION LEVEL SERIALIZABLE', 1],
    ['/*!40000 COMMIT */', 1],
    ['BEGIN; SAVEPOINT migrate_hub_x; COMMIT', 1],
  ])('are refused unless plain and balanced: %j', async (sql, line) => {
    for (const mode of [
      'auto',
      'no_transaction',
      'single_transaction',
    ] as const) {
      expect(await errorsOf(sql, mode)).toContainEqual([
        'TRANSACTION_CONTROL',
        line,
      ]);
    }
  });

  it('around a part contradicts one transaction', async () => {
    const sql = 'DELETE FROM a;\nBEGIN;\nDELETE FROM b;\nCOMMIT;';
    expect(await errorsOf(sql, 'single_transaction')).toEqual([
      ['TRANSACTION_CONTROL', 2],
    ]);
    expect((await plan(sql)).plan?.units).toEqual([
      { first: 0, last: 0, transactional: true },
      { first: 1, last: 1, transactional: true },
    ]);
  });

  it('savepoints mean nothing where each statement is committed', async () => {
    const sql = 'CREATE TABLE a (id int);\nSAVEPOINT s;';
    expect(await errorsOf(sql)).toEqual([['NEEDS_TRANSACTION', 2]]);
  });
});

describe('refused before anything runs', () => {
  it.each([
    ["SET sql_mode = ''", 'FORBIDDEN_SETTING'],
    ["SET @@SESSION.sql_mode = ''", 'FORBIDDEN_SETTING'],
    ["SET `sql_mode` = ''", 'FORBIDDEN_SETTING'],
    ["SET @a = IF(1, 2, 3), LOCAL sql_mode = ''", 'FORBIDDEN_SETTING'],
    ["SET GLOBAL completion_type = 'CHAIN'", 'FORBIDDEN_SETTING'],
    ["SET STATEMENT sql_mode = '' FOR SELECT 1", 'FORBIDDEN_SETTING'],
    ['/*!40101 SET NAMES utf8 */', 'FORBIDDEN_SETTING'],
    ['SET CHARACTER SET latin1', 'FORBIDDEN_SETTING'],
    ['SET character_set_client = latin1', 'FORBIDDEN_SETTING'],
    ['SET sql_log_bin = 0', 'FORBIDDEN_SETTING'],
    ["SET gtid_next = 'AUTOMATIC'", 'FORBIDDEN_SETTING'],
    ['SET SESSION TRANSACTION READ ONLY', 'FORBIDDEN_SETTING'],
    ['LOCK TABLES a WRITE', 'FORBIDDEN_STATEMENT'],
    ['FLUSH TABLES WITH READ LOCK', 'FORBIDDEN_STATEMENT'],
    [
      "LOAD DATA LOW_PRIORITY LOCAL INFILE 'a' INTO TABLE t",
      'FORBIDDEN_STATEMENT',
    ],
    ['XA PREPARE x', 'FORBIDDEN_STATEMENT'],
    ['IF 1 THEN SELECT 1', 'FORBIDDEN_STATEMENT'],
    ['DO `GET_LOCK`(1, 2)', 'LOCK_FUNCTION'],
    ['SELECT * FROM db . `migrations`', 'PROTECTED_TABLE'],
    ['/*! DROP TABLE MIGRATIONS_LEDGER */', 'PROTECTED_TABLE'],
    [
      'CREATE TRIGGER t AFTER INSERT ON migrations FOR EACH ROW SET @a = 1',
      'PROTECTED_TABLE',
    ],
    ['\\. file.sql', 'CLIENT_COMMAND'],
    ['SELECT 1 \\G', 'CLIENT_COMMAND'],
    ['SELECT 1\ndelimiter //', 'CLIENT_COMMAND'],
    ['SELECT 1\n go \n', 'CLIENT_COMMAND'],
    ['DELIMITER //\nSELECT 1; SELECT 2//', 'CLIENT_COMMAND'],
    ['SELECT 1; \u202e', 'INVALID_CHARACTER'],
    ['SELECT a\u200bb', 'INVALID_CHARACTER'],
    ['-- a\u2028DROP TABLE b', 'INVALID_CHARACTER'],
    ["SELECT 'a\0b'", 'INVALID_CHARACTER'],
    ["SELECT '\ud800'", 'INVALID_CHARACTER'],
  ])('%j: %s', async (sql, code) => {
    const { plan: made, problems } = await plan(sql);
    expect(made).toBeUndefined();
    expect(problems).toContainEqual(
      expect.objectContaining({ code, severity: 'error' }),
    );
  });

  it.each([
    "INSERT INTO t VALUES ('migrations', 'GET_LOCK()', 'GO', '\\n')",
    'SELECT go FROM t',
    'SELECT 1 AS sql_mode, `transaction`, autocommit FROM t',
    'SET @sql_mode = 1',
    "SET @a = 'x, sql_mode = 1', @b = @@sql_mode",
    'CREATE PROCEDURE p() BEGIN DO GET_LOCK(1, 2); END',
    '\ufeffSELECT 1;\r\nSELECT 2;\r\n',
    "SELECT 'a\rb'",
    'CREATE TABLE car (engine varchar(9))',
    'INSERT INTO t VALUES (1) -- \\ and migrations and GET_LOCK',
  ])('is not: %j', async sql => {
    expect(await errorsOf(sql)).toEqual([]);
  });

  it('all of it at once, each with its line', async () => {
    expect(
      await errorsOf('USE a;\nSELECT 1;\n/* \n */ XA RECOVER;\nROLLBACK;'),
    ).toEqual([
      ['FORBIDDEN_STATEMENT', 1],
      ['FORBIDDEN_STATEMENT', 4],
      ['TRANSACTION_CONTROL', 5],
    ]);
  });

  it('a list of errors that stays short', async () => {
    const { problems } = await plan('USE a;\n'.repeat(5_000));
    expect(problems.length).toBeLessThanOrEqual(200);
  });
});

describe('an approver is warned', () => {
  it.each([
    ['/*!80000 CREATE TABLE a (id int) */', ['VERSION_COMMENT']],
    ['CREATE TABLE a (id int) ENGINE = MyISAM', ['NOT_ATOMIC']],
    ['ALTER TABLE a ENGINE aria', ['NOT_ATOMIC']],
    ['CALL p()', ['MAY_COMMIT']],
    ["SELECT 'a\u200bb'", ['INVALID_CHARACTER']],
    ['CREATE TABLE a (id int) ENGINE=InnoDB', []],
  ])('%j: %j', async (sql, codes) => {
    expect(await warningsOf(sql)).toEqual(codes);
  });

  it('that auto means step by step', async () => {
    const { problems } = await plan('DELETE FROM a;\nDROP TABLE b;');
    expect(problems).toMatchObject([
      { code: 'NOT_ATOMIC', severity: 'warning', line: 2 },
    ]);
  });
});

it('every statement of a plan is the bytes it says, and stands in exactly one unit', async () => {
  const statement = fc.oneof(
    fc
      .string({ maxLength: 8 })
      .map(
        text => `INSERT INTO t VALUES ('${text.replace(/[\\'\0\r]/g, '')}ü😀')`,
      ),
    fc.constantFrom('CREATE TABLE a (id int)', 'BEGIN', 'COMMIT', '-- ö\n', ''),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(statement, { maxLength: 12 }),
      fc.constantFrom<TransactionMode>(
        'auto',
        'single_transaction',
        'no_transaction',
      ),
      async (parts, mode) => {
        const sql = parts.join(';\n');
        const result = await plan(sql, mode);
        const bytes = Buffer.from(sql);
        for (const { start, end, sha256, line } of result.statements) {
          const text = bytes.subarray(start, end);
          expect(createHash('sha256').update(text).digest('hex')).toBe(sha256);
          const before = bytes.subarray(0, start).toString();
          expect(line).toBe(before.split('\n').length);
        }
        const covered = result.plan?.units.flatMap(({ first, last }) =>
          Array.from({ length: last - first + 1 }, (_, at) => first + at),
        );
        const all = [...result.statements.keys()];
        expect(covered).toEqual(result.plan && all);
      },
    ),
    { numRuns: 300 },
  );
});
