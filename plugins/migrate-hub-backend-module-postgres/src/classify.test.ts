import { classify } from './classify';
import { Splitter } from './Splitter';

function classified(sql: string) {
  const [statement] = Splitter.create(sql).statements();
  return classify(statement.head);
}

describe('classify', () => {
  it.each([
    'VACUUM',
    'VACUUM (FULL) a',
    'CLUSTER',
    'CLUSTER VERBOSE',
    'CLUSTER (VERBOSE)',
    'CREATE DATABASE a',
    'DROP DATABASE a',
    'ALTER DATABASE a SET TABLESPACE b',
    "CREATE TABLESPACE a LOCATION '/x'",
    'DROP TABLESPACE a',
    "ALTER SYSTEM SET work_mem = '1MB'",
    'CREATE INDEX CONCURRENTLY ON a (b)',
    'CREATE /* x */ UNIQUE INDEX -- y\n CONCURRENTLY i ON a (b)',
    'DROP INDEX CONCURRENTLY i',
    'REINDEX TABLE CONCURRENTLY a',
    'REINDEX (CONCURRENTLY) TABLE a',
    'REINDEX (VERBOSE, CONCURRENTLY TRUE) INDEX i',
    'REINDEX SCHEMA a',
    'REINDEX DATABASE a',
    'REINDEX (VERBOSE) SYSTEM a',
    'ALTER TABLE a DETACH PARTITION b CONCURRENTLY',
    "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p",
    'DISCARD ALL',
  ])('%s cannot be in a transaction', sql => {
    expect(classified(sql).transactional).toBe('no');
  });

  it.each([
    'CALL a()',
    'DO $$ BEGIN END $$',
    'REINDEX TABLE a',
    'REINDEX INDEX i',
    'DROP SUBSCRIPTION s',
  ])('%s shows only when it runs', sql => {
    expect(classified(sql).transactional).toBe('opaque');
  });

  it.each([
    'ANALYZE',
    'CLUSTER t USING i',
    'CLUSTER (VERBOSE) t',
    'REFRESH MATERIALIZED VIEW CONCURRENTLY v',
    'CREATE EXTENSION x',
    'TRUNCATE a',
    'CREATE ROLE a',
    "ALTER DATABASE a SET work_mem = '1MB'",
    "ALTER TYPE t ADD VALUE 'x'",
    "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (connect = false)",
    'CREATE INDEX i ON concurrently (a)',
    'CREATE INDEX "concurrently" ON a (b)',
    "INSERT INTO a VALUES ('VACUUM')",
    'DISCARD PLANS',
    "COPY a FROM '/x'",
    'ALTER TABLE a DETACH PARTITION b',
    'CREATE TABLE concurrently (a int)',
  ])('%s can be in a transaction', sql => {
    expect(classified(sql).transactional).toBe('yes');
  });

  it.each([
    ['BEGIN', 'begin'],
    ['begin work', 'begin'],
    ['START TRANSACTION', 'begin'],
    ['COMMIT', 'commit'],
    ['END TRANSACTION', 'commit'],
    ['COMMIT AND NO CHAIN', 'commit'],
    ['BEGIN READ ONLY', 'other'],
    ['COMMIT AND CHAIN', 'other'],
    ['ROLLBACK', 'other'],
    ['ABORT', 'other'],
    ["ROLLBACK PREPARED 'x'", 'other'],
    ["PREPARE TRANSACTION 'x'", 'other'],
    ['SET TRANSACTION READ ONLY', 'other'],
    ['SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY', 'other'],
    ['ROLLBACK TO SAVEPOINT a', undefined],
    ['SAVEPOINT a', undefined],
    ['PREPARE transaction_of AS SELECT 1', undefined],
    ['SELECT 1', undefined],
  ])('%s is transaction control: %s', (sql, control) => {
    expect(classified(sql).control).toBe(control);
  });

  it.each([
    ['LOCK TABLE a', true],
    ['SAVEPOINT a', true],
    ['ROLLBACK TO a', true],
    ['DECLARE c CURSOR FOR SELECT 1', true],
    ['SET LOCAL search_path = a', true],
    ['DECLARE c CURSOR WITH HOLD FOR SELECT 1', false],
    ['SET search_path = a', false],
  ])('%s needs a transaction: %s', (sql, needed) => {
    expect(classified(sql).needsTransaction).toBe(needed);
  });

  it.each([
    [
      'create unique index concurrently i on a (b)',
      'CREATE UNIQUE INDEX CONCURRENTLY',
    ],
    ['INSERT INTO a VALUES (1)', 'INSERT INTO'],
    ['select * from a', 'SELECT'],
    ['(SELECT 1)', 'STATEMENT'],
    ['alter table a add column b int', 'ALTER TABLE'],
    ['update only a set b = 1', 'UPDATE'],
  ])('%s is shown as %s', (sql, kind) => {
    expect(classified(sql).kind).toBe(kind);
  });
});
