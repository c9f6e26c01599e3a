import { forbiddenBecause, readAssignments } from './settings';
import { Mention, SplitStatement } from './splitter';
import { tokens } from './lexer';
import { passwordLiterals } from './passwordLiterals';

/** Why a statement cannot be part of a migration, or what an approver must know about it. */
export interface Finding {
  code: string;
  severity: 'error' | 'warning';
  message: string;
  /** Offset into the script; where the statement begins when absent. */
  at?: number;
}

const LOCK_FUNCTIONS = [
  'get_lock',
  'release_lock',
  'release_all_locks',
  'is_used_lock',
  'is_free_lock',
];
const SIGNS = ['\\', 'go', 'delimiter', 'engine'];

/** Commands of the mysql client that the server does not know. */
const CLIENT_COMMANDS = new Set([
  'SOURCE',
  'SYSTEM',
  'TEE',
  'NOTEE',
  'PAGER',
  'NOPAGER',
  'PROMPT',
  'REHASH',
  'EDIT',
  'EGO',
  'GO',
]);

const FORBIDDEN_STATEMENTS = new Map([
  ['USE', 'the database is the one of the target, and only that'],
  ['XA', 'a prepared transaction outlives the run'],
  [
    'LOCK',
    'it locks out the hub, which must record each step in its own tables',
  ],
  ['UNLOCK', 'it ends the transaction unseen'],
  ['BACKUP', 'it blocks the tables in which the hub records each step'],
]);

const COMPOUND_STARTS = new Set([
  'IF',
  'CASE',
  'LOOP',
  'REPEAT',
  'WHILE',
  'FOR',
  'END',
  'ELSE',
  'ELSEIF',
  'DECLARE',
]);

const NOT_TRANSACTIONAL_ENGINES = new Set([
  'MYISAM',
  'ARIA',
  'MEMORY',
  'HEAP',
  'CSV',
  'ARCHIVE',
  'BLACKHOLE',
  'MERGE',
  'MRG_MYISAM',
  'FEDERATED',
  'FEDERATEDX',
  'CONNECT',
  'S3',
]);

/** The names and signs the splitter must look out for. */
export function watchedNames(protectedTables: string[]): Set<string> {
  return new Set([
    ...LOCK_FUNCTIONS,
    ...SIGNS,
    ...protectedTables.map(name => name.toLowerCase()),
  ]);
}

export function findingsOf(
  sql: string,
  statement: SplitStatement,
  protectedTables: string[],
): Finding[] {
  return [
    ...ofVersionComment(statement),
    ...ofClientCommand(sql, statement),
    ...ofTransactionControl(statement),
    ...ofForbiddenStatement(statement),
    ...ofSettings(sql, statement),
    ...ofSecondStatement(statement),
    ...ofNames(statement, protectedTables),
    ...ofEngine(sql, statement),
    ...ofPasswords(sql, statement),
  ];
}

function error(code: string, message: string, at?: number): Finding {
  return { code, severity: 'error', message, at };
}

function ofVersionComment({ versionComment }: SplitStatement): Finding[] {
  return versionComment === 'none'
    ? []
    : [
        {
          code: 'VERSION_COMMENT',
          severity: 'warning',
          message:
            'A version comment (/*! … */) is code on some servers and nothing on others: approving accepts both',
        },
      ];
}

function ofClientCommand(sql: string, statement: SplitStatement): Finding[] {
  const [first] = statement.head;
  if (CLIENT_COMMANDS.has(first)) {
    return [
      error(
        'CLIENT_COMMAND',
        `${first} is a command of a client program, which the server does not know`,
      ),
    ];
  }
  const sign = statement.mentions.find(mention => isClientSign(sql, mention));
  return sign
    ? [
        error(
          'CLIENT_COMMAND',
          `${sql
            .slice(sign.start, sign.end + 1)
            .trim()} belongs to a client program, which the server does not know`,
          sign.start,
        ),
      ]
    : [];
}

/** A backslash in code, GO alone on its line, DELIMITER at the start of a line. */
function isClientSign(sql: string, { name, start, end }: Mention): boolean {
  if (name === '\\') {
    return true;
  }
  if (name !== 'go' && name !== 'delimiter') {
    return false;
  }
  const before = sql.slice(sql.lastIndexOf('\n', start - 1) + 1, start);
  if (name === 'delimiter') {
    return before.trim() === '' && /[ \t]/.test(sql[end] ?? '');
  }
  const feed = sql.indexOf('\n', end);
  const after = sql.slice(end, feed === -1 ? sql.length : feed);
  return before.trim() === '' && after.trim() === '';
}

/** BEGIN and COMMIT alone are understood (units.ts); a savepoint may be gone back to. */
function ofTransactionControl(statement: SplitStatement): Finding[] {
  const { head, isProgram } = statement;
  const [first, second] = head;
  const said = head.slice(0, 4).join(' ');
  const isPlain = statement.versionComment === 'none';
  const refused =
    (first === 'BEGIN' && !isProgram && !(isBegin(head) && isPlain)) ||
    (first === 'START' &&
      second === 'TRANSACTION' &&
      !(isBegin(head) && isPlain)) ||
    (first === 'COMMIT' && !(isCommit(head) && isPlain)) ||
    (first === 'ROLLBACK' && !head.includes('TO')) ||
    (first === 'SET' && second === 'TRANSACTION');
  if (refused) {
    return [
      error(
        'TRANSACTION_CONTROL',
        `${said}: the only transaction control a script may have is plain BEGIN … COMMIT and savepoints inside it. A failure rolls back by itself`,
      ),
    ];
  }
  const savepoint = ['SAVEPOINT', 'RELEASE', 'ROLLBACK'].includes(first);
  return savepoint && head.at(-1)?.toLowerCase().startsWith('migrate_hub')
    ? [
        error(
          'TRANSACTION_CONTROL',
          'Savepoints named migrate_hub… are the hub’s own',
        ),
      ]
    : [];
}

export function isBegin(head: string[]): boolean {
  return [
    'BEGIN',
    'BEGIN WORK',
    'START TRANSACTION',
    'START TRANSACTION READ WRITE',
  ].includes(head.join(' '));
}

export function isCommit(head: string[]): boolean {
  return /^COMMIT( WORK)?( AND NO CHAIN)?( NO RELEASE)?$/.test(head.join(' '));
}

function ofForbiddenStatement({ head }: SplitStatement): Finding[] {
  const [first, second] = head;
  const words = head.join(' ');
  const forbid = (what: string, why: string) => [
    error('FORBIDDEN_STATEMENT', `${what} cannot be in a migration: ${why}`),
  ];
  const reason = FORBIDDEN_STATEMENTS.get(first);
  if (reason !== undefined) {
    return forbid(
      first === 'USE' || first === 'XA' ? first : `${first} ${second}`,
      reason,
    );
  }
  if (first === 'LOAD' && head.includes('LOCAL')) {
    return forbid('LOAD … LOCAL', 'there is no client file to read');
  }
  if (first === 'FLUSH' && /WITH READ LOCK|FOR EXPORT/.test(words)) {
    return forbid(words, 'it locks out the hub, which must record each step');
  }
  if (COMPOUND_STARTS.has(first)) {
    return forbid(
      first,
      'compound statements stand in a stored program, or on MariaDB in BEGIN NOT ATOMIC … END',
    );
  }
  return [];
}

function ofSettings(sql: string, statement: SplitStatement): Finding[] {
  if (statement.head[0] !== 'SET') {
    return [];
  }
  const words = statement.head.join(' ');
  if (/^SET (SESSION|LOCAL) TRANSACTION .*READ ONLY/.test(words)) {
    return [
      error(
        'FORBIDDEN_SETTING',
        'READ ONLY would prevent the hub’s own record',
      ),
    ];
  }
  return readAssignments(sql, statement).flatMap(assignment => {
    const reason = forbiddenBecause(assignment);
    return reason
      ? [
          error(
            'FORBIDDEN_SETTING',
            `${assignment.name} cannot be set in a migration: ${reason}`,
          ),
        ]
      : [];
  });
}

function ofSecondStatement(statement: SplitStatement): Finding[] {
  return statement.secondStatement === undefined || statement.isProgram
    ? []
    : [
        error(
          'CLIENT_COMMAND',
          'Two statements stand before one delimiter: end each with the delimiter, or go back to DELIMITER ;',
          statement.secondStatement,
        ),
      ];
}

function ofNames(
  statement: SplitStatement,
  protectedTables: string[],
): Finding[] {
  const ours = new Set(protectedTables.map(name => name.toLowerCase()));
  const findings: Finding[] = [];
  for (const { name, start } of statement.mentions) {
    if (ours.has(name)) {
      findings.push(
        error(
          'PROTECTED_TABLE',
          `${name} is where the hub records what was applied; a script may not name it`,
          start,
        ),
      );
    } else if (LOCK_FUNCTIONS.includes(name) && !defines(statement)) {
      findings.push(
        error(
          'LOCK_FUNCTION',
          `${name.toUpperCase()}: named locks fence the run itself; a script may not take or free one`,
          start,
        ),
      );
    }
  }
  return findings.slice(0, 10);
}

/** A stored program is only made here; what it does when called is seen by the guard. */
function defines({ head, isProgram }: SplitStatement): boolean {
  return isProgram && head[0] !== 'BEGIN';
}

function ofPasswords(sql: string, statement: SplitStatement): Finding[] {
  return passwordLiterals(sql, statement).map(at => ({
    code: 'PASSWORD_LITERAL',
    severity: 'warning',
    message:
      'A password stands here: whoever may read this migration can read it, now and later, and the server may log it. Set it outside, or change it after the run',
    at,
  }));
}

function ofEngine(sql: string, statement: SplitStatement): Finding[] {
  const [first] = statement.head;
  if (first !== 'CREATE' && first !== 'ALTER') {
    return [];
  }
  for (const { name, end } of statement.mentions) {
    if (name !== 'engine') {
      continue;
    }
    const next = tokens(sql, { start: end, end: statement.end }, 2);
    const engine = (next[0]?.text === '=' ? next[1] : next[0])?.text ?? '';
    if (NOT_TRANSACTIONAL_ENGINES.has(engine.toUpperCase())) {
      return [
        {
          code: 'NOT_ATOMIC',
          severity: 'warning',
          message: `Tables of the engine ${engine} never roll back: what a failed statement or transaction wrote to them stays`,
        },
      ];
    }
  }
  return [];
}
