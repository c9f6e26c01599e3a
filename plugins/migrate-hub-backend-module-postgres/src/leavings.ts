import { PlannedStatement } from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { HEAD, RawStatement } from './Splitter';

/** Prepared statements, subscriptions, libraries, or whatever a body does. */
const LEAVING = new Set(['call', 'do', 'execute', 'listen', 'load', 'prepare']);

/** Functions that change their session. */
const FUNCTIONS = [
  'set_config',
  'setseed',
  'dblink_connect',
  'dblink_connect_u',
];

const TEMPORARY = ['temp', 'temporary'];

/**
 * What a statement leaves in the session for those behind it. In doubt it is
 * something that cannot be had again in another session.
 */
export function leavingsOf({
  head,
  words: all,
}: RawStatement): PlannedStatement['leaves'] {
  const words = head.map(({ kind, text }) => (kind === 'word' ? text : ''));
  const [verb] = words;
  if (FUNCTIONS.some(name => all.has(name)) || LEAVING.has(verb)) {
    return 'other';
  }
  switch (verb) {
    case 'set':
    case 'reset':
      return ofSetting(words);
    case 'create':
      return isTemporary(words, all) ? 'other' : undefined;
    case 'select':
    case 'with':
    case '':
      return intoTemporary(words, all) ? 'other' : undefined;
    case 'declare':
      return words.some(
        (word, index) => word === 'with' && words[index + 1] === 'hold',
      )
        ? 'other'
        : undefined;
    default:
      return undefined;
  }
}

function ofSetting(words: string[]): PlannedStatement['leaves'] {
  const [, second, third] = words;
  if (second === 'local' || second === 'constraints') {
    return undefined;
  }
  const isIdentity =
    second === 'role' ||
    (second === 'session' && (third === 'role' || third === 'authorization'));
  return isIdentity ? 'other' : 'settings';
}

/** Also where a schema makes it so: `CREATE TABLE pg_temp.t`. */
function isTemporary(words: string[], all: Set<string>): boolean {
  const object = words.findIndex(word =>
    ['table', 'view', 'sequence'].includes(word),
  );
  return (
    all.has('pg_temp') ||
    words.slice(1, object).some(word => TEMPORARY.includes(word))
  );
}

/** SELECT … INTO [LOCAL] TEMP t. Where the INTO is out of sight, its words tell. */
function intoTemporary(words: string[], all: Set<string>): boolean {
  const isSeen = words.length < HEAD;
  return isSeen
    ? words.some(
        (word, index) =>
          word === 'into' &&
          words.slice(index + 1, index + 3).some(w => TEMPORARY.includes(w)),
      )
    : all.has('into') && TEMPORARY.some(word => all.has(word));
}
