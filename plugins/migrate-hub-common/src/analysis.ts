import { z } from 'zod';

/** Database engines. `mysql` covers MariaDB; the flavour is found out at connect. @public */
export const engineSchema = z.enum(['postgres', 'mysql']);
/** @public */
export type Engine = z.infer<typeof engineSchema>;

/**
 * How the author wants the script run.
 *
 * - `auto`: one transaction where every statement allows it, else statement by statement
 * - `single_transaction`: one transaction, refused before the first statement if that cannot be
 * - `no_transaction`: statement by statement
 *
 * @public
 */
export const transactionModeSchema = z.enum([
  'auto',
  'single_transaction',
  'no_transaction',
]);
/** @public */
export type TransactionMode = z.infer<typeof transactionModeSchema>;

/**
 * Whether a statement can be in a transaction with others: `yes`, `no` (the
 * server refuses it there or commits implicitly), or `opaque` (CALL, DO and the
 * like: only running it would tell).
 *
 * @public
 */
export const transactionalSchema = z.enum(['yes', 'no', 'opaque']);
/** @public */
export type Transactional = z.infer<typeof transactionalSchema>;

/** One statement as a person sees it. `line` counts from 1. @public */
export const analysedStatementSchema = z.object({
  index: z.int().nonnegative(),
  line: z.int().positive(),
  text: z.string(),
  kind: z.string(),
  transactional: transactionalSchema,
});
/** @public */
export type AnalysedStatement = z.infer<typeof analysedStatementSchema>;

/**
 * Something found in the SQL. An `error` cannot be requested; a `warning` is
 * shown to the author and to the approver.
 *
 * @public
 */
export const sqlProblemSchema = z.object({
  code: z.string(),
  severity: z.enum(['error', 'warning', 'info']),
  statementIndex: z.int().nonnegative().optional(),
  line: z.int().positive(),
  message: z.string(),
});
/** @public */
export type SqlProblem = z.infer<typeof sqlProblemSchema>;

/** The answer of `POST /migrations/analyze`. @public */
export const sqlAnalysisSchema = z.object({
  statements: z.array(analysedStatementSchema),
  problems: z.array(sqlProblemSchema),
  /** What `transactionMode` comes to for this script; absent if it cannot run. */
  effectiveMode: z.enum(['single_transaction', 'stepwise']).optional(),
});
/** @public */
export type SqlAnalysis = z.infer<typeof sqlAnalysisSchema>;

/** One check of a connection test, with advice in `message` where it failed. @public */
export const connectionCheckSchema = z.object({
  name: z.enum([
    'reachable',
    'tls',
    'authentication',
    'database',
    'version',
    'identity',
    'history_table',
    'pooler',
    'cluster',
    'privileges',
    'excess_rights',
  ]),
  ok: z.boolean(),
  /** It works, but an approver shall know: the account may do more than a migration needs. */
  warning: z.boolean().optional(),
  message: z.string(),
});
/** @public */
export type ConnectionCheck = z.infer<typeof connectionCheckSchema>;

/**
 * TLS towards a target, in libpq's words: `require` encrypts without checking
 * who answers, `verify-ca` checks the chain, `verify-full` also the host name.
 *
 * @public
 */
export const tlsSchema = z.strictObject({
  mode: z.enum(['disable', 'require', 'verify-ca', 'verify-full']),
  /** PEM of the authority to trust; the system's own when absent. */
  ca: z.string().max(100_000).optional(),
  /** Send the password readable to whoever answers (cleartext, MD5, RSA) even without verified TLS. */
  allowInsecurePassword: z.boolean().optional(),
});
/** @public */
export type TlsOptions = z.infer<typeof tlsSchema>;
