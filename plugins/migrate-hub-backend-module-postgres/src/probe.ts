import { escapeLiteral } from 'pg';
import { ProbeFinding } from '@migrate-hub/backstage-plugin-migrate-hub-node';
import { Splitter, Token } from './Splitter';
import { Row } from './Wire';

/** What a statement names. Without a schema it is looked for in all. */
interface Named {
  kind: 'index' | 'relation' | 'database';
  schema?: string;
  name: string;
  columns: string[];
}

const MAX_FOUND = 5;
const MAX_COLUMNS = 20;

const RELATIONS = ['table', 'view', 'sequence'];

/** Words that may stand between the verb and the name. */
const FILLERS = new Set(
  'unique concurrently if not exists only or replace temp temporary unlogged foreign materialized recursive global local index table view sequence database'.split(
    ' ',
  ),
);

/** One query for all that a statement names; undefined where nothing can be looked at. */
export function probeQuery(sql: string): string | undefined {
  const named = namedBy(Splitter.create(sql).firstTokens());
  return named && queryOf(named);
}

export function findingsOf(rows: Row[]): ProbeFinding[] {
  return rows.map(({ what, result }) => ({
    check: String(what),
    result: String(result),
  }));
}

function namedBy(head: Token[]): Named | undefined {
  const words = head.map(({ kind, text }) => (kind === 'word' ? text : ''));
  const [verb] = words;
  if (!['create', 'drop', 'alter', 'reindex'].includes(verb)) {
    return undefined;
  }
  const fillers = words.findIndex((word, at) => at > 0 && !FILLERS.has(word));
  const before = words.slice(1, fillers);
  const kind = kindOf(before);
  // An index may have been given no name: CREATE INDEX ON t (a).
  if (!kind || fillers < 0 || words[fillers] === 'on') {
    return undefined;
  }
  const isQualified = head[fillers + 1]?.text === '.';
  const first = nameOf(head[fillers]);
  const name = isQualified ? nameOf(head[fillers + 2]) : first;
  return name === undefined
    ? undefined
    : {
        kind,
        name,
        ...(isQualified && { schema: first }),
        columns: verb === 'alter' && kind === 'relation' ? columnsOf(head) : [],
      };
}

function kindOf(words: string[]): Named['kind'] | undefined {
  if (words.includes('index')) {
    return 'index';
  }
  if (words.includes('database')) {
    return 'database';
  }
  return words.some(word => RELATIONS.includes(word)) ? 'relation' : undefined;
}

function nameOf(token: Token | undefined): string | undefined {
  return token?.kind === 'word' || token?.kind === 'quoted'
    ? token.text
    : undefined;
}

/** ADD COLUMN [IF NOT EXISTS] a, DROP COLUMN [IF EXISTS] b, ALTER COLUMN c. */
function columnsOf(head: Token[]): string[] {
  const names: string[] = [];
  head.forEach(({ kind, text }, at) => {
    if (kind !== 'word' || text !== 'column') {
      return;
    }
    const next = head
      .slice(at + 1, at + 5)
      .find(
        token =>
          token.kind !== 'word' ||
          !['if', 'not', 'exists'].includes(token.text),
      );
    const name = nameOf(next);
    if (name !== undefined && names.length < MAX_COLUMNS) {
      names.push(name);
    }
  });
  return names;
}

function queryOf({ kind, schema, name, columns }: Named): string {
  const shown = [schema, name].filter(Boolean).join('.');
  if (kind === 'database') {
    return oneOf(
      'database',
      shown,
      `SELECT 'database ' || datname, 'exists' FROM pg_catalog.pg_database WHERE datname = ${escapeLiteral(
        name,
      )}`,
    );
  }
  const where = `c.relname = ${escapeLiteral(name)}${
    schema ? ` AND n.nspname = ${escapeLiteral(schema)}` : ''
  } AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'`;
  const from = `FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace`;
  const named = `n.nspname || '.' || c.relname`;
  const objects =
    kind === 'index'
      ? `SELECT 'index ' || ${named}, CASE WHEN NOT i.indisvalid THEN 'exists, but is invalid' WHEN NOT i.indisready THEN 'exists, but is not ready' ELSE 'exists and is valid' END ${from} JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid WHERE ${where} LIMIT ${MAX_FOUND}`
      : `SELECT CASE c.relkind WHEN 'v' THEN 'view ' WHEN 'm' THEN 'materialized view ' WHEN 'S' THEN 'sequence ' ELSE 'table ' END || ${named}, 'exists' ${from} WHERE ${where} AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') LIMIT ${MAX_FOUND}`;
  const ofColumns = columns.map(column =>
    oneOf(
      'column',
      `${shown}.${column}`,
      `SELECT 'column ' || ${named} || '.' || a.attname, 'exists, ' || pg_catalog.format_type(a.atttypid, a.atttypmod) ${from} JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped WHERE ${where} AND a.attname = ${escapeLiteral(
        column,
      )} LIMIT ${MAX_FOUND}`,
    ),
  );
  return [oneOf(kind, shown, objects), ...ofColumns].join('\nUNION ALL ');
}

/** What is found, or a row that says that nothing is. */
function oneOf(kind: string, shown: string, found: string): string {
  const label = escapeLiteral(
    `${kind === 'relation' ? 'table or view' : kind} ${shown}`,
  );
  return `SELECT what, result FROM (
  WITH found (what, result) AS MATERIALIZED (${found})
  SELECT what::pg_catalog.text, result::pg_catalog.text FROM found
  UNION ALL SELECT ${label}, 'does not exist' WHERE NOT EXISTS (SELECT FROM found)) AS probe`;
}
