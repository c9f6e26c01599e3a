import { Classification } from './classify';
import { RawStatement } from './Splitter';

/** Why a statement cannot be part of a migration, whatever the mode. */
export interface Refusal {
  code: string;
  message: string;
}

/** Settings that decide how text is read or whether a commit is durable: ours, not the script's. */
const FORBIDDEN_SETTINGS = new Map([
  [
    'standard_conforming_strings',
    'it changes how quotes are read, so that what is approved is not what runs',
  ],
  ['backslash_quote', 'it changes how quotes are read'],
  ['escape_string_warning', 'it changes how quotes are read'],
  ['client_encoding', 'the script is sent as UTF-8'],
  ['names', 'the script is sent as UTF-8'],
  [
    'synchronous_commit',
    'a commit that was acknowledged could be gone after a crash',
  ],
]);

/** `migrations` and `public."migrations"` both count: it is the name that is reserved. */
export function refusalsOf(
  statement: RawStatement,
  classification: Classification,
  protectedTables: string[],
): Refusal[] {
  const words = statement.head.map(({ kind, text }) =>
    kind === 'word' ? text : '',
  );
  return [
    ofControl(words, classification),
    ofClientCommand(words),
    ofSetting(words),
    ofStatement(words),
    ofProtectedTable(statement.words, protectedTables),
    ofLock(statement.words),
  ].filter(refusal => refusal !== undefined);
}

function ofControl(
  words: string[],
  { control }: Classification,
): Refusal | undefined {
  if (control !== 'other') {
    return undefined;
  }
  const said = words.slice(0, 3).join(' ').trim().toUpperCase();
  return {
    code: 'TRANSACTION_CONTROL',
    message: `${said}: the only transaction control a script may have is plain BEGIN … COMMIT. A failure rolls back by itself`,
  };
}

function ofClientCommand(words: string[]): Refusal | undefined {
  if (words[0] === 'delimiter') {
    return {
      code: 'CLIENT_COMMAND',
      message:
        'DELIMITER is a command of the mysql client. Postgres needs none: quote a body with $$',
    };
  }
  if (
    words[0] === 'copy' &&
    (words.includes('stdin') || words.includes('stdout'))
  ) {
    return {
      code: 'COPY_STDIN',
      message:
        'COPY to or from the client has no data here. Use INSERT, or COPY with a file on the server',
    };
  }
  return undefined;
}

function ofSetting(words: string[]): Refusal | undefined {
  if (words[0] !== 'set' && words[0] !== 'reset') {
    return undefined;
  }
  const scoped = words[1] === 'session' || words[1] === 'local';
  const setting = words[scoped ? 2 : 1];
  const reason = FORBIDDEN_SETTINGS.get(setting);
  return reason === undefined
    ? undefined
    : {
        code: 'FORBIDDEN_SETTING',
        message: `${setting} cannot be set in a migration: ${reason}`,
      };
}

function ofStatement(words: string[]): Refusal | undefined {
  if (words[0] === 'discard' && words[1] === 'all') {
    return {
      code: 'FORBIDDEN_STATEMENT',
      message:
        'DISCARD ALL would release the lock under which the migration runs',
    };
  }
  return undefined;
}

function ofProtectedTable(
  words: Set<string>,
  protectedTables: string[],
): Refusal | undefined {
  const touched = protectedTables.find(name => words.has(name.toLowerCase()));
  return touched === undefined
    ? undefined
    : {
        code: 'PROTECTED_TABLE',
        message: `${touched} is where the hub records what was applied; a script may not name it`,
      };
}

function ofLock(words: Set<string>): Refusal | undefined {
  for (const word of words) {
    if (/^pg_(try_)?advisory_/.test(word)) {
      return {
        code: 'LOCK_FUNCTION',
        message: `${word}: advisory locks fence the run itself; a script may not take or free one`,
      };
    }
  }
  return undefined;
}
