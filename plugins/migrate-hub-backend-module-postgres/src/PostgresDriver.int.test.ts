import {
  describeTargetDriver,
  testServer,
} from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { PostgresDriver } from './PostgresDriver';
import { createTestDatabase } from './testing/createTestDatabase';

const server = testServer('postgres');

describeTargetDriver({
  name: 'PostgreSQL',
  server,
  createDriver: () => PostgresDriver.create(),
  createDatabase: async () => {
    if (!server) {
      throw new Error('PostgreSQL is skipped');
    }
    return createTestDatabase(server);
  },
  samples: {
    slow: 'SELECT pg_sleep(30)',
    gigabyte: "SELECT repeat('x', 1000) FROM generate_series(1, 1000000)",
    brief: 'SELECT pg_sleep(2)',
    failing: {
      sql: 'INSERT INTO widgets (id, colour) VALUES (1, 2)',
      sqlState: '42703',
      position: 25,
    },
    poison: [
      {
        story: 'changes the search path',
        setup: [
          'CREATE SCHEMA other',
          'CREATE TABLE other.migrations (migration_key text)',
        ],
        sql: ['SET search_path = other'],
        inTransaction: true,
        outcome: 'restored',
      },
      {
        story: 'changes the search path',
        setup: ['CREATE SCHEMA other'],
        sql: ['SET search_path = other'],
        inTransaction: false,
        outcome: 'restored',
      },
      {
        story: 'resets every setting',
        sql: ['RESET ALL'],
        inTransaction: true,
        outcome: 'restored',
      },
      {
        story: 'asks for commits that may be lost',
        sql: ["SELECT set_config('synchronous_commit', 'off', false)"],
        inTransaction: true,
        outcome: 'restored',
      },
      {
        story: 'frees every lock of its session',
        sql: ['SELECT pg_advisory_unlock_all()'],
        inTransaction: false,
        outcome: 'damaged',
      },
      {
        story: 'frees every lock of its session, where another fences it',
        sql: ['SELECT pg_advisory_unlock_all()'],
        inTransaction: true,
        outcome: 'restored',
      },
      {
        story: 'commits for itself',
        sql: ['INSERT INTO widgets VALUES (1)', 'COMMIT'],
        inTransaction: true,
        outcome: 'damaged',
      },
      {
        story: 'exchanges the transaction for another',
        sql: ['INSERT INTO widgets VALUES (1)', 'COMMIT AND CHAIN'],
        inTransaction: true,
        outcome: 'damaged',
      },
      {
        story: 'leaves a transaction open',
        sql: ['BEGIN'],
        inTransaction: false,
        outcome: 'damaged',
      },
      {
        story: 'hides a COMMIT in a DO',
        sql: ['DO $$ BEGIN COMMIT; END $$'],
        inTransaction: true,
        outcome: 'refused',
      },
      {
        story: 'hides a second statement behind a quote',
        sql: ['SELECT 1; DELETE FROM widgets'],
        inTransaction: true,
        outcome: 'refused',
      },
      {
        story: 'switches how quotes are read',
        sql: [
          "SELECT set_config('standard_conforming_strings', 'off', false)",
          "SELECT 'a\\', ' ; DELETE FROM widgets; --'",
        ],
        inTransaction: false,
        outcome: 'damaged',
      },
      {
        story: 'drops the history table',
        sql: ["DO $$ BEGIN EXECUTE 'DROP TABLE migr' || 'ations'; END $$"],
        inTransaction: true,
        outcome: 'damaged',
      },
      {
        story: 'puts another table in the place of the ledger',
        sql: [
          'ALTER TABLE migrations_ledger RENAME TO old_ledger',
          'CREATE TABLE migrations_ledger (LIKE old_ledger INCLUDING ALL)',
        ],
        inTransaction: false,
        outcome: 'damaged',
      },
      {
        story: 'lets a rule swallow history rows',
        sql: [
          'CREATE RULE swallow AS ON INSERT TO migrations DO INSTEAD NOTHING',
        ],
        inTransaction: true,
        outcome: 'damaged',
      },
    ],
    plans: [
      {
        story: 'plain DDL is one transaction',
        sql: 'CREATE TABLE a (id int);\nINSERT INTO a VALUES (1);\n',
        mode: 'auto',
        expected: { mode: 'single_transaction', units: [[0, 1, true]] },
      },
      {
        story:
          'one statement that cannot be in a transaction makes it stepwise',
        sql: 'CREATE TABLE a (id int);\nCREATE INDEX CONCURRENTLY ON a (id);\nSELECT 1;',
        mode: 'auto',
        expected: {
          mode: 'stepwise',
          units: [
            [0, 0, true],
            [1, 1, false],
            [2, 2, true],
          ],
        },
      },
      {
        story: 'statement by statement where asked',
        sql: 'SELECT 1;\nCALL a();\nVACUUM a;',
        mode: 'no_transaction',
        expected: {
          mode: 'stepwise',
          units: [
            [0, 0, true],
            [1, 1, false],
            [2, 2, false],
          ],
        },
      },
      {
        story: 'BEGIN … COMMIT around it all is the transaction',
        sql: 'BEGIN;\nCREATE TABLE a (id int);\nSELECT 1;\nCOMMIT;',
        mode: 'auto',
        expected: { mode: 'single_transaction', units: [[0, 1, true]] },
      },
      {
        story: 'BEGIN … COMMIT around it all is the transaction',
        sql: 'START TRANSACTION;\nSELECT 1;\nEND',
        mode: 'single_transaction',
        expected: { mode: 'single_transaction', units: [[0, 0, true]] },
      },
      {
        story: 'each BEGIN … COMMIT is one unit',
        sql: 'BEGIN;SELECT 1;SELECT 2;COMMIT;\nVACUUM;\nBEGIN WORK;SELECT 3;COMMIT;BEGIN;SELECT 4;COMMIT;',
        mode: 'no_transaction',
        expected: {
          mode: 'stepwise',
          units: [
            [0, 1, true],
            [2, 2, false],
            [3, 3, true],
            [4, 4, true],
          ],
        },
      },
      {
        story: 'blocks and loose statements go step by step',
        sql: 'SELECT 0;BEGIN;SELECT 1;SAVEPOINT a;ROLLBACK TO a;COMMIT;SELECT 2;',
        mode: 'auto',
        expected: {
          mode: 'stepwise',
          units: [
            [0, 0, true],
            [1, 3, true],
            [4, 4, true],
          ],
        },
      },
      {
        story: 'a DO is tried in the transaction',
        sql: 'DO $$ BEGIN PERFORM 1; END $$;\nSELECT 1;',
        mode: 'auto',
        expected: { mode: 'single_transaction', units: [[0, 1, true]] },
      },
    ],
    refusals: [
      {
        story: 'VACUUM in the one transaction asked for',
        sql: 'SELECT 1;\nVACUUM;',
        mode: 'single_transaction',
        code: 'NOT_TRANSACTIONAL',
        line: 2,
      },
      {
        story: 'an index built concurrently inside a block',
        sql: 'BEGIN;\nCREATE INDEX CONCURRENTLY ON a (id);\nCOMMIT;',
        code: 'NOT_TRANSACTIONAL',
        line: 2,
      },
      {
        story: 'a block around a part of the one transaction asked for',
        sql: 'SELECT 1;\nBEGIN;\nSELECT 2;\nCOMMIT;',
        mode: 'single_transaction',
        code: 'TRANSACTION_CONTROL',
        line: 2,
      },
      ...(
        [
          ['ROLLBACK', 'SELECT 1;\nROLLBACK;', 2],
          ['ABORT', 'SELECT 1;\nABORT;', 2],
          ['COMMIT without BEGIN', 'SELECT 1;\nCOMMIT;', 2],
          ['BEGIN without COMMIT', 'SELECT 1;\nBEGIN;\nSELECT 2;', 2],
          ['BEGIN in a block', 'BEGIN;\nBEGIN;\nCOMMIT;', 2],
          ['COMMIT AND CHAIN', 'BEGIN;\nCOMMIT AND CHAIN;', 2],
          ['BEGIN with options', 'BEGIN ISOLATION LEVEL SERIALIZABLE;', 1],
          ['PREPARE TRANSACTION', "SELECT 1;\nPREPARE TRANSACTION 'x';", 2],
          ['COMMIT PREPARED', "\n\nCOMMIT PREPARED 'x';", 3],
          ['SET TRANSACTION', 'SET TRANSACTION READ ONLY;', 1],
        ] as const
      ).map(([story, sql, line]) => ({
        story,
        sql,
        line,
        code: 'TRANSACTION_CONTROL',
      })),
      ...(
        [
          ['an open quote', "SELECT 1;\nSELECT 'a;\n", 2, 'UNTERMINATED'],
          ['an open comment', 'SELECT 1;\n/* a /* b */', 2, 'UNTERMINATED'],
          ['an open body', 'DO $x$ BEGIN END $y$;', 1, 'UNTERMINATED'],
          ['an open parenthesis', 'SELECT 1;\nSELECT (1;', 2, 'UNTERMINATED'],
          ['NUL', "SELECT 1;\nSELECT '\0';", 2, 'INVALID_CHARACTER'],
          [
            'a lone CR',
            '-- a\nSELECT 1; -- b\rDROP TABLE c;',
            2,
            'INVALID_CHARACTER',
          ],
          [
            'text that turns round',
            'SELECT 1;\n-- \u202e;',
            2,
            'INVALID_CHARACTER',
          ],
          ['psql commands', 'SELECT 1;\n\\i other.sql', 2, 'CLIENT_COMMAND'],
          ['GO', 'SELECT 1;\n GO \nSELECT 2;', 2, 'CLIENT_COMMAND'],
          ['DELIMITER', 'DELIMITER //\nSELECT 1//', 1, 'CLIENT_COMMAND'],
          ['COPY FROM STDIN', 'COPY a FROM STDIN;', 1, 'COPY_STDIN'],
          [
            'SET standard_conforming_strings',
            '\nSET standard_conforming_strings = off;',
            2,
            'FORBIDDEN_SETTING',
          ],
          [
            'SET SESSION synchronous_commit',
            'SET SESSION synchronous_commit TO off',
            1,
            'FORBIDDEN_SETTING',
          ],
          ['SET NAMES', "SET NAMES 'latin1'", 1, 'FORBIDDEN_SETTING'],
          ['DISCARD ALL', 'DISCARD ALL', 1, 'FORBIDDEN_STATEMENT'],
          ['unlocking', 'SELECT pg_advisory_unlock_all()', 1, 'LOCK_FUNCTION'],
          [
            'our own tables in a DO',
            'DO $$ BEGIN DELETE FROM public.migrations; END $$',
            1,
            'PROTECTED_TABLE',
          ],
          [
            'our own tables in quotes',
            'DELETE FROM "migrations"',
            1,
            'PROTECTED_TABLE',
          ],
        ] as const
      ).map(([story, sql, line, code]) => ({ story, sql, line, code })),
      {
        story: 'LOCK TABLE on its own',
        sql: 'VACUUM;\nLOCK TABLE a;',
        code: 'NEEDS_TRANSACTION',
        line: 2,
      },
    ],
    probes: [
      {
        // The build fails on the duplicate and leaves its index behind.
        setup: [
          "INSERT INTO widgets VALUES (1, 'a'), (2, 'a')",
          'CREATE UNIQUE INDEX CONCURRENTLY "by Name" ON widgets (name)',
        ],
        sql: 'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "by Name" ON widgets (name)',
        findings: [{ check: /^index public\.by Name$/, result: /invalid/ }],
      },
      {
        setup: [],
        sql: 'REINDEX INDEX CONCURRENTLY public.widgets_pkey',
        findings: [{ check: /widgets_pkey/, result: /exists and is valid/ }],
      },
      {
        setup: [],
        sql: 'ALTER TABLE widgets ADD COLUMN IF NOT EXISTS colour int, DROP COLUMN name',
        findings: [
          { check: /^table public\.widgets$/, result: /^exists$/ },
          { check: /^column widgets\.colour$/, result: /does not exist/ },
          { check: /name$/, result: /^exists, character varying\(100\)$/ },
        ],
      },
      {
        setup: [],
        sql: 'CREATE TABLE app.nothing (id int)',
        findings: [{ check: /app\.nothing/, result: /does not exist/ }],
      },
      {
        setup: [],
        sql: 'CREATE DATABASE postgres',
        findings: [{ check: /^database postgres$/, result: /^exists$/ }],
      },
    ],
    leavings: [
      { sql: 'SET search_path = app', leaves: 'settings' },
      { sql: 'SET SESSION work_mem TO 65536', leaves: 'settings' },
      { sql: "SET TIME ZONE 'UTC'", leaves: 'settings' },
      { sql: 'SET LOCAL search_path = app', leaves: undefined },
      { sql: 'RESET search_path', leaves: 'settings' },
      { sql: 'SET ROLE app', leaves: 'other' },
      { sql: 'SET SESSION AUTHORIZATION app', leaves: 'other' },
      { sql: 'RESET ROLE', leaves: 'other' },
      { sql: 'RESET SESSION AUTHORIZATION', leaves: 'other' },
      {
        sql: "SELECT set_config('search_path', 'app', false)",
        leaves: 'other',
      },
      { sql: 'CREATE TEMP TABLE t (id int)', leaves: 'other' },
      {
        sql: 'CREATE LOCAL TEMPORARY TABLE t AS SELECT 1',
        leaves: 'other',
      },
      { sql: 'CREATE TABLE pg_temp.t (id int)', leaves: 'other' },
      { sql: 'CREATE OR REPLACE TEMP VIEW v AS SELECT 1', leaves: 'other' },
      { sql: 'SELECT id INTO TEMP t FROM widgets', leaves: 'other' },
      { sql: 'SELECT id INTO t FROM widgets', leaves: undefined },
      { sql: 'SELECT temp FROM weather', leaves: undefined },
      { sql: 'CREATE TABLE t (temp int)', leaves: undefined },
      { sql: 'PREPARE p AS SELECT 1', leaves: 'other' },
      { sql: 'LISTEN news', leaves: 'other' },
      { sql: 'CALL p()', leaves: 'other' },
      { sql: 'DO $$ BEGIN PERFORM 1; END $$', leaves: 'other' },
      { sql: 'DECLARE c CURSOR WITH HOLD FOR SELECT 1', leaves: 'other' },
      { sql: "INSERT INTO t VALUES ('SET ROLE app')", leaves: undefined },
    ],
  },
});
