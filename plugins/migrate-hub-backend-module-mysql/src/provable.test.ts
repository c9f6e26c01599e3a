import { provable } from './provable';

describe('A statement whose one commit proves it', () => {
  it.each([
    ['CREATE TABLE t (id int primary key)', {}, true],
    ['CREATE TABLE t (id int) ENGINE = InnoDB', {}, false],
    ['ALTER TABLE t ADD b int', { table: { name: 't' } }, false],
    [
      'alter table `App`.`My``Table` add b int, algorithm=copy',
      { table: { schema: 'App', name: 'My`Table' } },
      false,
    ],
    ['ALTER TABLE Orders ENGINE=InnoDB', { table: { name: 'Orders' } }, false],
    ['CREATE UNIQUE INDEX i ON t (b)', { table: { name: 't' } }, false],
    ['DROP INDEX i ON t', { table: { name: 't' } }, false],
    ['DROP TABLE IF EXISTS t', { table: { name: 't' } }, false],
    ['TRUNCATE TABLE t', { table: { name: 't' } }, false],
    ['RENAME TABLE a TO b', { table: { name: 'a' } }, false],
    ['CREATE OR REPLACE VIEW v AS SELECT 1', {}, false],
    ['DROP PROCEDURE IF EXISTS p', {}, false],
    [
      'CREATE DEFINER=a@b TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET @x = 1',
      {},
      false,
    ],
  ])('is %s', (sql, found, usesDefaultEngine) => {
    expect(provable(sql)).toEqual({ usesDefaultEngine, ...found });
  });

  it.each([
    'CALL p()',
    'INSERT INTO t VALUES (1)',
    'CREATE TEMPORARY TABLE t (id int)',
    'CREATE /*!40000 TEMPORARY */ TABLE t (id int)',
    'CREATE TABLE t AS SELECT 1',
    'CREATE TABLE t TABLE s',
    'CREATE TABLE t VALUES ROW(1)',
    'CREATE TABLE t LIKE s',
    'CREATE TABLE t (id int) ENGINE=MyISAM',
    'ALTER TABLE t ENGINE = MyISAM',
    "ALTER TABLE t ENGINE = 'MyISAM'",
    'ALTER TABLE t EXCHANGE PARTITION p WITH TABLE s',
    'ALTER TABLE t IMPORT TABLESPACE',
    'ALTER TABLE t CHECK PARTITION p',
    'DROP TABLE a, b',
    'DROP TEMPORARY TABLE t',
    'RENAME TABLE a TO b, c TO d',
    "CREATE FUNCTION f RETURNS STRING SONAME 'f.so'",
    'CREATE DATABASE d',
    'DROP DATABASE d',
    'GRANT SELECT ON t TO u',
    'ANALYZE TABLE t',
    'LOCK TABLES t WRITE',
    'SET @x = 1',
    '',
  ])('is not %s', sql => {
    expect(provable(sql)).toBeUndefined();
  });
});
