import { TestServerName } from '@migrate-hub/backstage-plugin-migrate-hub-node/testUtils';
import { FaultTarget } from './FaultTarget';

/**
 * - `transaction`: all statements and the record become durable in one instant
 * - `steps`: the last two statements cannot be in a transaction
 */
export type ScriptKind = 'transaction' | 'steps';
export const scriptKinds: ScriptKind[] = ['transaction', 'steps'];

/** Where a worker is kept: a fail point of the executor, or inside a statement. */
export interface Place {
  at:
    | 'claimed'
    | 'connected'
    | 'locked'
    | 'decided'
    | 'intent_written'
    | 'in_statement'
    | 'statement_done'
    | 'record_written'
    | 'before_commit'
    | 'after_commit'
    | 'closed';
  index?: number;
}

export const places: Record<ScriptKind, Place[]> = {
  transaction: [
    { at: 'claimed' },
    { at: 'connected' },
    { at: 'locked' },
    { at: 'decided' },
    { at: 'statement_done', index: 0 },
    { at: 'in_statement', index: 1 },
    { at: 'statement_done', index: 2 },
    { at: 'record_written' },
    { at: 'before_commit' },
    { at: 'after_commit' },
    { at: 'closed' },
  ],
  steps: [
    { at: 'before_commit' },
    { at: 'in_statement', index: 1 },
    { at: 'statement_done', index: 1 },
    { at: 'intent_written', index: 3 },
    { at: 'in_statement', index: 3 },
    { at: 'statement_done', index: 3 },
    { at: 'record_written' },
    { at: 'closed' },
  ],
};

export const placeName = ({ at, index }: Place) =>
  index === undefined ? at : `${at} ${index + 1}`;

/** The table whose gate keeps a statement waiting. */
export const gateOf = (place: Place) => (place.index === 3 ? 'late' : 'gate');

/** No statement may run twice, and each leaves a trace of its own that can be counted. */
export function scriptFor(
  engine: TestServerName,
  kind: ScriptKind,
  key: string,
): string {
  const name = key.replace(/-/g, '_');
  const statements = [
    `insert into ran values ('${key}')`,
    `insert into gate values ('${key}')`,
  ];
  if (kind === 'transaction') {
    statements.push(
      engine === 'postgres'
        ? `create table t_${name} (id integer)`
        : `insert into marks values ('${key}')`,
    );
  } else {
    statements.push(
      `create table t_${name} (id integer)`,
      engine === 'postgres'
        ? `create index concurrently i_${name} on late (k)`
        : `alter table late add column c_${name} integer`,
    );
  }
  return `${statements.join(';\n')};\n`;
}

/** How often each statement took effect, read from the target itself. */
export async function effectsOf(
  target: FaultTarget,
  kind: ScriptKind,
  key: string,
): Promise<number[]> {
  const name = key.replace(/-/g, '_');
  const inSchema = target.isPostgres
    ? 'table_schema = current_schema()'
    : 'table_schema = database()';
  const probes = [
    `ran where k = '${key}'`,
    `gate where k = '${key}'`,
    kind === 'transaction' && !target.isPostgres
      ? `marks where k = '${key}'`
      : `information_schema.tables where ${inSchema} and table_name = 't_${name}'`,
  ];
  if (kind === 'steps') {
    probes.push(
      target.isPostgres
        ? `pg_index where indexrelid = to_regclass('i_${name}') and indisvalid`
        : `information_schema.columns where ${inSchema} and column_name = 'c_${name}'`,
    );
  }
  const asked = probes
    .map((probe, index) => `(select count(*) from ${probe}) as n${index}`)
    .join(', ');
  const [row] = await target.query(`select ${asked}`);
  return probes.map((_, index) => Number(row[`n${index}`]));
}
