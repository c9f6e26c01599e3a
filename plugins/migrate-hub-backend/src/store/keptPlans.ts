import { Knex } from 'knex';

/** Marks a query for {@link keepPlansOn}. */
const MARK = 'keepPlan';

/**
 * Has each connection keep the plan of this query, under a name made of its
 * text. For what an executor asks for every target, by keys: to plan it costs
 * more than to run it. Not for lists with filters: the best plan for a rare
 * value is not the best for a common one.
 *
 * @param query - its text must not depend on how many values there are
 */
export function keepPlan<Q extends Knex.ChainableInterface>(query: Q): Q {
  query.options({ [MARK]: true });
  return query;
}

/** Of a client of `pg`, what is used here. */
export interface PlanningLine {
  query(...args: unknown[]): unknown;
  /** `I` if no transaction is open, as of the last answer. */
  getTransactionStatus(): string | null;
  /** Where knex looks whether a connection may be used again. */
  __knex__disposed?: unknown;
}

const names = new Map<string, string>();

function nameOf(text: string): string {
  const known = names.get(text);
  if (known) return known;
  const name = `migrate_hub_${names.size + 1}`;
  names.set(text, name);
  return name;
}

/**
 * Another replica has changed a table meanwhile, in an upgrade: a plan of this
 * connection is of no use any more. The next connection has none.
 *
 * @remarks
 * To PostgreSQL it is one of many things that it does not do
 * (`feature_not_supported`). The others are so at every try; this one is told by
 * the routine that finds it, the message may be in any language.
 */
export function isOutdatedPlan(error: unknown): boolean {
  const { code, routine } = (error ?? {}) as {
    code?: unknown;
    routine?: unknown;
  };
  return code === '0A000' && routine === 'RevalidateCachedQuery';
}

/**
 * Names what is marked, so that the server prepares it once on this connection.
 * Outdated, it is asked again without a name; within a transaction, which is
 * lost, whoever began it has to begin another.
 */
export function keepPlansOn(line: PlanningLine): void {
  const query = line.query.bind(line);
  line.query = (...args) => {
    const [config, done] = args;
    if (!isMarked(config) || typeof done !== 'function') return query(...args);
    const { [MARK]: _, ...rest } = config;
    return query(
      { ...rest, name: nameOf(config.text) },
      (error: unknown, ...answer: unknown[]) => {
        if (isOutdatedPlan(error)) {
          // The connection would say so for ever: the pool makes another.
          line.__knex__disposed = error;
          if (line.getTransactionStatus() === 'I') {
            query(rest, done);
            return;
          }
        }
        done(error, ...answer);
      },
    );
  };
}

function isMarked(config: unknown): config is { text: string } & {
  [MARK]: true;
} {
  return typeof config === 'object' && config !== null && MARK in config;
}
