interface MaybeDatabaseError extends Error {
  code?: unknown;
  severity?: unknown;
  table?: unknown;
  constraint?: unknown;
  column?: unknown;
}

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

const frames = (error: Error) =>
  error.stack
    ?.split('\n')
    .filter(line => /^\s+at /.test(line))
    .join('\n');

const sqlState = (error: MaybeDatabaseError) =>
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
  if (!(error instanceof Error)) {
    return { name: 'Unknown', message: `a ${typeof error} was thrown` };
  }
  const failure: MaybeDatabaseError = error;
  const state = sqlState(failure);
  if (state) {
    return {
      name: failure.name,
      message: `the metadata database refused a statement with ${state}`,
      code: state,
      table: text(failure.table),
      constraint: text(failure.constraint),
      column: text(failure.column),
      stack: frames(failure),
    };
  }
  return {
    name: failure.name,
    message: failure.message,
    code: text(failure.code),
    stack: frames(failure),
    ...(failure.cause instanceof Error && {
      cause: describeFailure(failure.cause),
    }),
  };
}
