import { Transactional } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Token } from './Splitter';

/** What the first keywords of a statement say about it. */
export interface Classification {
  /** First keywords, upper case. */
  kind: string;
  transactional: Transactional;
  control?: TransactionControl;
  /** Means something only inside a transaction with other statements. */
  needsTransaction: boolean;
  /** Builds or drops without a lock, in several transactions of its own. */
  concurrently: boolean;
}

/** Transaction control of the script's own. `other` has no place in a migration. */
export type TransactionControl = 'begin' | 'commit' | 'other';

const KIND_WORDS = new Set(
  `alter add aggregate analyze begin by call cast cluster collation column comment commit
   concurrently constraint copy create data database deallocate declare default
   delete detach discard do domain drop end event exclusive execute explain extension
   foreign from function global grant group if exists not import in index insert
   into language large listen local lock materialized merge notify object on
   operator or owned partition policy prepare prepared privileges procedure
   publication reassign refresh reindex release rename replace reset revoke role
   rollback rule savepoint schema security select sequence server session set
   show start statistics subscription system table tablespace temp temporary
   text transaction trigger truncate type unique unlisten unlogged update user
   vacuum values view with work wrapper`.split(/\s+/),
);

/** Classifies by the comment-stripped tokens, never by the raw text. */
export function classify(head: Token[]): Classification {
  const words = head.map(({ kind, text }) => (kind === 'word' ? text : ''));
  const concurrently = isConcurrently(words);
  return {
    kind: kindOf(words),
    transactional: transactionalOf(words, { concurrently }),
    control: controlOf(words),
    needsTransaction: needsTransaction(words),
    concurrently,
  };
}

function kindOf(words: string[]): string {
  let length = 0;
  while (length < 4 && KIND_WORDS.has(words[length])) {
    length += 1;
  }
  // SELECT FROM, INSERT INTO select …: what comes after the verb's own words is a name or an expression.
  const single = [
    'select',
    'values',
    'with',
    'update',
    'explain',
    'call',
    'do',
  ];
  const shown = single.includes(words[0]) ? 1 : length;
  return (
    words.slice(0, Math.max(shown, 1)).join(' ').trim().toUpperCase() ||
    'STATEMENT'
  );
}

function isConcurrently(words: string[]): boolean {
  const [verb, second] = words;
  switch (verb) {
    case 'create':
      return (
        words.indexOf('concurrently') > 0 &&
        words.indexOf('concurrently') === words.indexOf('index') + 1
      );
    case 'drop':
      return second === 'index' && words[2] === 'concurrently';
    case 'reindex':
      return words.slice(1, 12).includes('concurrently');
    case 'alter':
      return (
        second === 'table' &&
        words.includes('detach') &&
        words.at(-1) === 'concurrently'
      );
    default:
      return false;
  }
}

function transactionalOf(
  words: string[],
  { concurrently }: { concurrently: boolean },
): Transactional {
  if (concurrently) {
    return 'no';
  }
  const [verb, second] = words;
  switch (verb) {
    case 'vacuum':
      return 'no';
    case 'cluster':
      return clustersEverything(words) ? 'no' : 'yes';
    case 'call':
    case 'do':
      return 'opaque';
    case 'reindex':
      // Of a partitioned table it is refused in a transaction: not to be seen in the text.
      return words.some(word => ['schema', 'database', 'system'].includes(word))
        ? 'no'
        : 'opaque';
    case 'discard':
      return second === 'all' ? 'no' : 'yes';
    case 'create':
      if (second === 'subscription') {
        return connectsNowhere(words) ? 'yes' : 'no';
      }
      return ['database', 'tablespace'].includes(second) ? 'no' : 'yes';
    case 'drop':
      if (second === 'subscription') {
        return 'opaque';
      }
      return ['database', 'tablespace'].includes(second) ? 'no' : 'yes';
    case 'alter':
      return ofAlter(words);
    default:
      return 'yes';
  }
}

function ofAlter(words: string[]): Transactional {
  switch (words[1]) {
    case 'system':
      return 'no';
    case 'subscription':
      return 'opaque';
    case 'database':
      return words.some(
        (word, index) => word === 'set' && words[index + 1] === 'tablespace',
      )
        ? 'no'
        : 'yes';
    default:
      return 'yes';
  }
}

/** CLUSTER, CLUSTER VERBOSE, CLUSTER (VERBOSE): without the name of a table. */
function clustersEverything(words: string[]): boolean {
  if (words.length === 1) {
    return true;
  }
  const options = words[1] === 'verbose' && words.length === 2;
  // The token of a parenthesis is no word: (verbose) at the very end names no table.
  const bracketed =
    words[1] === '' &&
    words.slice(2, -1).includes('verbose') &&
    words.at(-1) === '';
  return options || bracketed;
}

function connectsNowhere(words: string[]): boolean {
  return words.some(
    (word, index) =>
      ['connect', 'create_slot'].includes(word) &&
      words.slice(index + 1, index + 4).includes('false'),
  );
}

function needsTransaction(words: string[]): boolean {
  const [verb, second] = words;
  if (['lock', 'savepoint', 'release'].includes(verb)) {
    return true;
  }
  if (verb === 'declare') {
    const cursor = words.indexOf('cursor');
    return !(words[cursor + 1] === 'with' && words[cursor + 2] === 'hold');
  }
  return (
    (verb === 'rollback' && words.includes('to')) ||
    (verb === 'set' && ['local', 'constraints'].includes(second))
  );
}

function controlOf(words: string[]): TransactionControl | undefined {
  const [verb, second] = words;
  const plain = (allowed: string[][]) =>
    allowed.some(tail => tail.join(' ') === words.slice(1).join(' '));
  switch (verb) {
    case 'begin':
      return plain([[], ['work'], ['transaction']]) ? 'begin' : 'other';
    case 'start':
      return plain([['transaction']]) ? 'begin' : 'other';
    case 'commit':
    case 'end':
      return plain([
        [],
        ['work'],
        ['transaction'],
        ['and', 'no', 'chain'],
        ['work', 'and', 'no', 'chain'],
        ['transaction', 'and', 'no', 'chain'],
      ])
        ? 'commit'
        : 'other';
    case 'abort':
      return 'other';
    case 'rollback':
      return words.includes('to') ? undefined : 'other';
    case 'prepare':
      return second === 'transaction' ? 'other' : undefined;
    case 'set':
      return second === 'transaction' ||
        (second === 'session' && words[2] === 'characteristics')
        ? 'other'
        : undefined;
    default:
      return undefined;
  }
}
