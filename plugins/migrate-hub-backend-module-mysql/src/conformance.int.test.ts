import {
  describeTargetDriver,
  DriverSamples,
  PoisonSample,
  testServer,
} from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { MySqlDriver } from './MySqlDriver';
import { createTestDatabase } from './testing/createTestDatabase';

const POISON: PoisonSample[] = [
  {
    story: 'another database by USE',
    sql: ['USE information_schema'],
    inTransaction: false,
    outcome: 'restored',
  },
  {
    story: 'another character set by SET NAMES',
    sql: ['SET NAMES latin1'],
    inTransaction: true,
    outcome: 'restored',
  },
  {
    story: 'an open transaction',
    sql: ['START TRANSACTION', "INSERT INTO widgets VALUES (7, 'a')"],
    inTransaction: false,
    outcome: 'damaged',
  },
  {
    story: 'autocommit off',
    sql: ['SET autocommit = 0'],
    inTransaction: false,
    outcome: 'damaged',
  },
  {
    story: 'a chain of transactions',
    sql: ['SET completion_type = 1'],
    inTransaction: false,
    outcome: 'damaged',
  },
  {
    story: 'a released lock',
    sql: ['DO RELEASE_ALL_LOCKS()'],
    inTransaction: true,
    outcome: 'damaged',
  },
  {
    story: 'COMMIT in the midst',
    sql: ["INSERT INTO widgets VALUES (7, 'a')", 'COMMIT'],
    inTransaction: true,
    outcome: 'damaged',
  },
  {
    story: 'COMMIT and a new transaction, hidden in a procedure',
    setup: ['CREATE PROCEDURE sneaky() BEGIN COMMIT; START TRANSACTION; END'],
    sql: ["INSERT INTO widgets VALUES (7, 'a')", 'CALL sneaky()'],
    inTransaction: true,
    outcome: 'damaged',
  },
  {
    story: 'DDL that commits implicitly',
    sql: ['CREATE TABLE other (id int)'],
    inTransaction: true,
    outcome: 'damaged',
  },
  {
    story: 'a dropped ledger',
    sql: ['DROP TABLE migrations_ledger'],
    inTransaction: false,
    outcome: 'damaged',
  },
  {
    story: 'a ledger with other columns',
    sql: ['ALTER TABLE migrations_ledger DROP COLUMN state'],
    inTransaction: false,
    outcome: 'damaged',
  },
  {
    story: 'a temporary table in front of the ledger',
    setup: [
      'CREATE PROCEDURE hide() CREATE TEMPORARY TABLE migrations_ledger (state varchar(16))',
    ],
    sql: ['CALL hide()'],
    inTransaction: false,
    outcome: 'damaged',
  },
  {
    story: 'LOCK TABLES',
    sql: ['LOCK TABLES widgets WRITE'],
    inTransaction: false,
    outcome: 'damaged',
  },
  {
    story: 'quotes read in another way',
    sql: ["SET sql_mode = 'ANSI_QUOTES'"],
    inTransaction: true,
    outcome: 'damaged',
  },
  {
    story: 'transactions that may only read',
    sql: ['SET SESSION TRANSACTION READ ONLY'],
    inTransaction: false,
    outcome: 'damaged',
  },
  {
    story: 'a second statement in one message',
    sql: ["DO 0; INSERT INTO widgets VALUES (7, 'a')"],
    inTransaction: true,
    outcome: 'refused',
  },
  {
    story: 'a file of the machine the hub runs on',
    sql: ["LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE widgets"],
    inTransaction: true,
    outcome: 'refused',
  },
];

const SAMPLES: DriverSamples = {
  // SLEEP and BENCHMARK swallow a KILL QUERY on one of the two.
  slow: 'SELECT COUNT(*) FROM information_schema.COLLATIONS a, information_schema.COLLATIONS b, information_schema.COLLATIONS c, information_schema.COLLATIONS d WHERE a.ID + b.ID + c.ID = d.ID + 0.5',
  gigabyte:
    "WITH digits AS (SELECT 0 AS d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9) SELECT REPEAT('x', 1000) FROM digits a, digits b, digits c, digits e, digits f, digits g",
  brief: 'SELECT SLEEP(2)',
  failing: { sql: 'INSERT INTO no_such_table VALUES (1)', sqlState: '1146' },
  poison: POISON,
  plans: [
    {
      story: 'rows only',
      sql: 'INSERT INTO a VALUES (1); UPDATE a SET id = 2;',
      mode: 'auto',
      expected: { mode: 'single_transaction', units: [[0, 1, true]] },
    },
    {
      story: 'rows and a table, which commits implicitly',
      sql: 'INSERT INTO a VALUES (1); CREATE TABLE b (id int); INSERT INTO b VALUES (1); DELETE FROM a',
      mode: 'auto',
      expected: {
        mode: 'stepwise',
        units: [
          [0, 0, true],
          [1, 1, false],
          [2, 2, true],
          [3, 3, true],
        ],
      },
    },
    {
      story: 'a transaction around the whole script',
      sql: 'START TRANSACTION;\nINSERT INTO a VALUES (1);\nSAVEPOINT s;\nROLLBACK TO SAVEPOINT s;\nCOMMIT;',
      mode: 'auto',
      expected: { mode: 'single_transaction', units: [[0, 2, true]] },
    },
    {
      story: 'blocks among other statements',
      sql: 'DELETE FROM a; BEGIN; INSERT INTO a VALUES (1); INSERT INTO a VALUES (2); COMMIT WORK; DROP TABLE b; BEGIN; COMMIT;',
      mode: 'no_transaction',
      expected: {
        mode: 'stepwise',
        units: [
          [0, 0, true],
          [1, 2, true],
          [3, 3, false],
        ],
      },
    },
    {
      story: 'temporary tables and plain settings',
      sql: 'SET @a = 1, SESSION foreign_key_checks = 0; CREATE TEMPORARY TABLE t (id int); DROP TEMPORARY TABLE t',
      mode: 'single_transaction',
      expected: { mode: 'single_transaction', units: [[0, 2, true]] },
    },
    {
      story: 'a stored program between DELIMITER lines',
      sql: 'DELIMITER $$\nCREATE PROCEDURE p() BEGIN SELECT 1; END$$\nDELIMITER ;\nCALL p();',
      mode: 'auto',
      expected: {
        mode: 'stepwise',
        units: [
          [0, 0, false],
          [1, 1, false],
        ],
      },
    },
  ],
  refusals: [
    {
      story: 'a string that is not closed',
      sql: "SELECT 1;\nSELECT 'a\\';",
      code: 'UNTERMINATED',
      line: 2,
    },
    {
      story: 'DDL in one transaction',
      sql: 'INSERT INTO a VALUES (1);\nALTER TABLE a ADD b int;',
      mode: 'single_transaction',
      code: 'NOT_TRANSACTIONAL',
      line: 2,
    },
    {
      story: 'DDL between BEGIN and COMMIT',
      sql: 'BEGIN;\nALTER TABLE a ADD b int;\nCOMMIT;',
      code: 'NOT_TRANSACTIONAL',
      line: 2,
    },
    {
      story: 'ROLLBACK',
      sql: 'DELETE FROM a;\nROLLBACK;',
      code: 'TRANSACTION_CONTROL',
      line: 2,
    },
    {
      story: 'autocommit',
      sql: 'SELECT 1;\nSET @x = 1, @@session.autocommit = 0;',
      code: 'FORBIDDEN_SETTING',
      line: 2,
    },
    {
      story: 'SET NAMES',
      sql: 'SELECT 1;\nset names latin1;',
      code: 'FORBIDDEN_SETTING',
      line: 2,
    },
    {
      story: 'USE',
      sql: '\nUSE other;',
      code: 'FORBIDDEN_STATEMENT',
      line: 2,
    },
    {
      story: 'XA',
      sql: "XA START 'x';",
      code: 'FORBIDDEN_STATEMENT',
      line: 1,
    },
    {
      story: 'lock functions',
      sql: 'SELECT 1;\nDO 1,\n  release_all_locks();',
      code: 'LOCK_FUNCTION',
      line: 3,
    },
    {
      story: 'a carriage return that ends a comment for the eye only',
      sql: 'SELECT 1;\n-- harmless\rDROP TABLE a;',
      code: 'INVALID_CHARACTER',
      line: 2,
    },
    {
      story: 'GO',
      sql: 'SELECT 1\nGO\n',
      code: 'CLIENT_COMMAND',
      line: 2,
    },
    {
      story: 'SOURCE',
      sql: 'SOURCE more.sql;',
      code: 'CLIENT_COMMAND',
      line: 1,
    },
  ],
  probes: [
    {
      setup: ['CREATE INDEX by_name ON widgets (name)'],
      sql: 'CREATE INDEX by_name ON `widgets` (name)',
      findings: [
        { check: /^index by_name of table widgets$/, result: /^exists$/ },
      ],
    },
    {
      setup: [],
      sql: 'ALTER TABLE widgets ADD COLUMN colour decimal(1, 2), DROP name, ADD INDEX by_name (name), ADD CONSTRAINT c CHECK (id > 0)',
      findings: [
        { check: /^table widgets$/, result: /^exists$/ },
        { check: /^column colour/, result: /does not exist/ },
        { check: /^column name/, result: /^exists$/ },
        { check: /^index by_name/, result: /does not exist/ },
      ],
    },
    {
      setup: [],
      sql: 'RENAME TABLE widgets TO gadgets',
      findings: [
        { check: /^table widgets$/, result: /^exists$/ },
        { check: /^table gadgets$/, result: /does not exist/ },
      ],
    },
    {
      setup: ['CREATE PROCEDURE p() SELECT 1'],
      sql: 'CREATE DEFINER = root@localhost PROCEDURE p() SELECT 1',
      findings: [{ check: /^procedure p$/, result: /^exists$/ }],
    },
  ],
  leavings: [
    { sql: 'SET foreign_key_checks = 0', leaves: 'settings' },
    {
      sql: 'SET SESSION unique_checks = 0, @@session.time_zone = "+00:00"',
      leaves: 'settings',
    },
    {
      sql: 'SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE',
      leaves: 'settings',
    },
    { sql: 'SET @old = @@time_zone, time_zone = "+00:00"', leaves: 'other' },
    { sql: 'SET ROLE admin', leaves: 'other' },
    { sql: 'SET GLOBAL max_connections = 200', leaves: undefined },
    { sql: 'CREATE TEMPORARY TABLE t (id int)', leaves: 'other' },
    { sql: 'CREATE /*!40000 TEMPORARY */ TABLE t (id int)', leaves: 'other' },
    { sql: 'CREATE TABLE t (id int)', leaves: undefined },
    { sql: "PREPARE s FROM 'SELECT 1'", leaves: 'other' },
    { sql: 'CALL p()', leaves: 'other' },
    { sql: 'HANDLER t OPEN', leaves: 'other' },
    { sql: 'SELECT id INTO @last FROM t', leaves: 'other' },
    { sql: 'INSERT INTO t VALUES (@n := 1)', leaves: 'other' },
    { sql: "INSERT INTO t VALUES ('a@b', @@hostname)", leaves: undefined },
    {
      sql: 'CREATE DEFINER = root@localhost VIEW v AS SELECT 1',
      leaves: undefined,
    },
  ],
};

for (const [name, key] of [
  ['MariaDB', 'mariadb'],
  ['MySQL', 'mysql'],
] as const) {
  const server = testServer(key);
  describeTargetDriver({
    name,
    server,
    createDriver: () => MySqlDriver.create(),
    createDatabase: () => {
      if (!server) {
        throw new Error(`${name} is skipped on this machine`);
      }
      return createTestDatabase(server);
    },
    samples: SAMPLES,
  });
}
