import { ErrorLike, isError } from '@backstage/errors';

/** An error as a log may hold it. */
export type FailureDescription = {
  name: string;
  message: string;
  code?: string;
  table?: string;
  constraint?: string;
  column?: string;
  stack?: string;
  cause?: FailureDescription;
};

const text = (value: unknown) =>
  typeof value === 'string' ? value : undefined;

const frames = (error: ErrorLike) =>
  error.stack
    ?.split('\n')
    .filter(line => /^\s+at .+:\d+:\d+\)?$/.test(line))
    .join('\n');

const sqlState = (error: ErrorLike) =>
  text(error.severity) !== undefined && text(error.code)?.length === 5
    ? text(error.code)
    : undefined;

/**
 * Describes an unexpected error without what users typed.
 *
 * @remarks
 * The message of a database error holds the statement with its values, by way
 * of Knex, and PostgreSQL's own quotes them too: only its codes are kept.
 */
export function describeFailure(error: unknown): FailureDescription {
  if (!isError(error)) {
    return { name: 'Unknown', message: `a ${typeof error} was thrown` };
  }
  const state = sqlState(error);
  if (state) {
    return {
      name: error.name,
      message: `the metadata database refused a statement with ${state}`,
      code: state,
      table: text(error.table),
      constraint: text(error.constraint),
      column: text(error.column),
      stack: frames(error),
    };
  }
  return {
    name: error.name,
    message: error.message,
    code: text(error.code),
    stack: frames(error),
    ...(isError(error.cause) && {
      cause: describeFailure(error.cause),
    }),
  };
}
