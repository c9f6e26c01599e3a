import { z } from 'zod';

const isWellFormed = (value: string) =>
  !/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?:[^\uD800-\uDBFF]|^)[\uDC00-\uDFFF]/.test(
    value,
  );

/** Text that every database can store: no NUL, no lone surrogate. @public */
export const textSchema = (options: { max: number; min?: number }) =>
  z
    .string()
    .min(options.min ?? 0)
    .max(options.max)
    .refine(value => !value.includes('\u0000'), {
      message: 'must not contain a NUL character',
    })
    .refine(isWellFormed, { message: 'is not valid Unicode text' });

/** A name shown on one line: no control characters, no blank ends. @public */
export const nameSchema = textSchema({ max: 200, min: 1 })
  .refine(value => !/\p{Cc}|\p{Zl}|\p{Zp}/u.test(value), {
    message: 'must not contain control characters or line breaks',
  })
  .refine(value => value.trim() === value, {
    message: 'must not begin or end with a space',
  });

/** Keys of projects and migrations, unique in the hub. @public */
export const keySchema = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,199}$/, {
  message:
    'must be 1 to 200 characters of a-z, 0-9, dot, underscore or hyphen and begin with a letter or digit',
});

/** UUIDv7 for rows of the hub; any UUID is accepted as a reference. @public */
export const idSchema = z.guid();

/** Environments are configured; this is only their shape. @public */
export const environmentNameSchema = z.string().regex(/^[a-z][a-z0-9]{0,31}$/, {
  message: 'must be the name of a configured environment',
});

/** sha256 as 64 hex digits. @public */
export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, {
  message: 'must be 64 lower-case hex digits',
});

/** ISO 8601 with zone. @public */
export const timeSchema = z.iso.datetime({ offset: true });

/** A column or table name that needs no quoting in either engine. @public */
export const identifierSchema = z.string().regex(/^[a-z_][a-z0-9_]{0,54}$/, {
  message:
    'must be 1 to 55 characters of a-z, 0-9 or underscore, not beginning with a digit',
});

/** Paging of every list. @public */
export const pageQuerySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(500).optional(),
});

/** `{ items, nextCursor? }` @public */
export const pageSchema = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), nextCursor: z.string().optional() });

/** A query parameter that may be given several times. @public */
export const severalSchema = <T extends z.ZodType>(item: T) =>
  z.preprocess(
    value => (value === undefined || Array.isArray(value) ? value : [value]),
    z.array(item).max(50).optional(),
  );

/** `true` or `false` in a query. @public */
export const flagSchema = z
  .enum(['true', 'false'])
  .transform(value => value === 'true');

/** Roles, weakest first. @public */
export const roleSchema = z.enum(['user', 'manager', 'admin']);
/** @public */
export type Role = z.infer<typeof roleSchema>;

/** Whoever did something, as shown. @public */
export const actorSchema = z.object({
  id: idSchema,
  email: z.string().optional(),
  name: z.string(),
});
/** @public */
export type Actor = z.infer<typeof actorSchema>;

/** What a caller may do with an entity, and if not, why and who could. @public */
export const actionNameSchema = z.enum([
  'edit',
  'archive',
  'request',
  'approve',
  'deny',
  'execute',
  'continue',
  'cancel',
  'retry',
  'resolve',
  'test',
  'disable',
  'createProject',
  'createDbSet',
  'createDbTarget',
  'createMigration',
  'administer',
  'schedule',
  'breakGlass',
  'confirmBreakGlass',
  'confirmProposal',
  'rejectProposal',
]);
/** @public */
export type ActionName = z.infer<typeof actionNameSchema>;

/** @public */
export const actionSchema = z.object({
  action: actionNameSchema,
  allowed: z.boolean(),
  code: z.string().optional(),
  message: z.string().optional(),
  who: z.string().optional(),
});
/** @public */
export type Action = z.infer<typeof actionSchema>;

/** Mixed into every entity that can be acted on. @public */
export const actionsShape = {
  actions: z.array(actionSchema),
  allowedActions: z.array(actionNameSchema),
};
