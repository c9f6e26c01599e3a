import { z } from 'zod';
import {
  actionsShape,
  actorSchema,
  environmentNameSchema,
  idSchema,
  roleSchema,
  textSchema,
  timeSchema,
} from './primitives';

const reason = textSchema({ min: 1, max: 2000 });

/** Days of the week, Monday first. @public */
export const weekdaySchema = z.enum([
  'mon',
  'tue',
  'wed',
  'thu',
  'fri',
  'sat',
  'sun',
]);
/** @public */
export type Weekday = z.infer<typeof weekdaySchema>;

const isTimeZone = (value: string): boolean => {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: value }));
  } catch {
    return false;
  }
};

const timeZoneSchema = z
  .string()
  .max(64)
  .refine(value => value === 'UTC' || value.includes('/'), {
    message: 'must be an IANA time zone such as Europe/Berlin or UTC',
  })
  .refine(isTimeZone, { message: 'is not a time zone that this server knows' });

const clockTime = (options: { midnightAtEnd?: true } = {}) =>
  z
    .string()
    .regex(
      options.midnightAtEnd
        ? /^(([01]\d|2[0-3]):[0-5]\d|24:00)$/
        : /^([01]\d|2[0-3]):[0-5]\d$/,
      { message: 'must be a time of day such as 08:30' },
    );

/**
 * Hours in which runs may start, on the named days in the named time zone. An
 * end before the begin is on the next day.
 *
 * @public
 */
export const executionWindowSchema = z
  .strictObject({
    days: z.array(weekdaySchema).min(1).max(7),
    from: clockTime(),
    to: clockTime({ midnightAtEnd: true }),
    timeZone: timeZoneSchema,
  })
  .refine(({ from, to }) => from !== to, {
    path: ['to'],
    message: 'must differ from the begin; a whole day is 00:00 to 24:00',
  });
/** @public */
export type ExecutionWindow = z.infer<typeof executionWindowSchema>;

/** A time in which nothing starts. @public */
export const freezeSchema = z
  .strictObject({ from: timeSchema, to: timeSchema, reason })
  .refine(({ from, to }) => Date.parse(from) < Date.parse(to), {
    path: ['to'],
    message: 'must be after the begin',
  });
/** @public */
export type Freeze = z.infer<typeof freezeSchema>;

/**
 * The first targets of a run, and what has to come before the others: a person
 * who says so, or so many minutes without a failure. With `waveSize` the others
 * go in waves, with the same between any two of them.
 *
 * @public
 */
export const canarySchema = z.strictObject({
  targets: z.int().min(1).max(5000),
  then: z.union([
    z.literal('person'),
    z.strictObject({
      soakMinutes: z
        .int()
        .min(1)
        .max(7 * 24 * 60),
    }),
  ]),
  waveSize: z.int().min(1).max(5000).optional(),
});
/** @public */
export type Canary = z.infer<typeof canarySchema>;

/** The rules of one environment. Times are seconds unless the name says otherwise. @public */
export const environmentPolicySchema = z.strictObject({
  requestRoles: z.array(roleSchema).min(1).max(3),
  approveRoles: z
    .array(z.enum(['manager', 'admin']))
    .min(1)
    .max(2),
  executeRoles: z.array(roleSchema).min(1).max(3),
  resolveRoles: z
    .array(z.enum(['manager', 'admin']))
    .min(1)
    .max(2),
  approvalsRequired: z.int().min(1).max(20),
  selfApproval: z.boolean(),
  approvalValidHours: z
    .number()
    .positive()
    .max(24 * 365)
    .optional(),
  requireSuccessIn: environmentNameSchema.optional(),
  /** Runs start in one of them only. Absent: at any time. */
  windows: z.array(executionWindowSchema).min(1).max(50).optional(),
  freezes: z.array(freezeSchema).max(50).optional(),
  lockTimeoutSeconds: z
    .int()
    .min(1)
    .max(24 * 3600),
  statementTimeoutSeconds: z
    .int()
    .min(1)
    .max(7 * 24 * 3600),
  parallelism: z.int().min(1).max(1000),
  /** With so many failed targets the rest of the run is canceled. */
  stopAfterFailures: z.int().min(1).max(5000).optional(),
  canary: canarySchema.optional(),
});
/** @public */
export type EnvironmentPolicy = z.infer<typeof environmentPolicySchema>;

/** Names of the rules of a policy. @public */
export const policyFieldSchema = environmentPolicySchema.keyof();
/** @public */
export type PolicyField = z.infer<typeof policyFieldSchema>;

/** A rule of a policy as a sentence. @public */
export const policyRuleSchema = z.object({
  field: policyFieldSchema,
  text: z.string(),
});
/** @public */
export type PolicyRule = z.infer<typeof policyRuleSchema>;

/** @public */
export const environmentSchema = z.object({
  name: z.string(),
  /**
   * From the config. A weaker policy takes a second admin; the portal marks the
   * name, and there asks for the key of the migration before what is grave.
   */
  protected: z.boolean(),
  policy: environmentPolicySchema,
  /** The policy as sentences. */
  policyText: z.string(),
  /** Each rule as a sentence, also those that ask for nothing. */
  rules: z.array(policyRuleSchema),
  /** When the next run could start by windows and freezes; absent while it could now. */
  opensAt: timeSchema.optional(),
});
/** @public */
export type Environment = z.infer<typeof environmentSchema>;

/** One rule that would change, or has. @public */
export const policyChangeSchema = z.object({
  field: policyFieldSchema,
  effect: z.enum(['stricter', 'weaker']),
  /** A sentence. */
  text: z.string(),
});
/** @public */
export type PolicyChange = z.infer<typeof policyChangeSchema>;

/** A weaker policy that waits for a second admin. @public */
export const policyProposalSchema = z.object({
  policy: environmentPolicySchema,
  policyText: z.string(),
  changes: z.array(policyChangeSchema),
  reason: z.string().optional(),
  proposedBy: actorSchema,
  proposedAt: timeSchema,
});
/** @public */
export type PolicyProposal = z.infer<typeof policyProposalSchema>;

/** The policy of an environment as admins see it. @public */
export const environmentSettingsSchema = environmentSchema.extend({
  /** 0 until somebody sets it: what the config says. */
  revision: z.int(),
  /** Something is stored that this hub did not sign: what the config says holds until it is set again. */
  unproved: z.boolean().optional(),
  /** What the config says. */
  configured: environmentPolicySchema,
  /** No setting is weaker than this; from the config. */
  floor: environmentPolicySchema.partial(),
  floorText: z.array(z.string()),
  /** The same by rule. */
  floorRules: z.array(policyRuleSchema),
  updatedBy: actorSchema.optional(),
  updatedAt: timeSchema.optional(),
  proposal: policyProposalSchema.optional(),
  ...actionsShape,
});
/** @public */
export type EnvironmentSettings = z.infer<typeof environmentSettingsSchema>;

/** @public */
export const environmentSettingsUpdateSchema = z.strictObject({
  policy: environmentPolicySchema,
  expectedRevision: z.int().min(0),
  reason: reason.optional(),
});

/** @public */
export const environmentPreviewRequestSchema = z.strictObject({
  policy: environmentPolicySchema,
});

/** What a policy would change. @public */
export const environmentPreviewSchema = z.object({
  policyText: z.string(),
  changes: z.array(policyChangeSchema),
  /** It would wait for a second admin. */
  needsSecondAdmin: z.boolean(),
  /** What the config does not allow, in sentences. With any of these it is refused. */
  belowFloor: z.array(
    z.object({ field: policyFieldSchema, message: z.string() }),
  ),
  /** Open runs that would not have the approvals they need any more, oldest first, the first 200. */
  losingApproval: z.array(
    z.object({
      id: idSchema,
      migration: z.string(),
      status: z.string(),
      granted: z.int(),
      required: z.int(),
      text: z.string(),
    }),
  ),
});
/** @public */
export type EnvironmentPreview = z.infer<typeof environmentPreviewSchema>;

/** @public */
export const proposalDecisionSchema = z.strictObject({
  /** `reject` also takes one's own proposal back. */
  decision: z.enum(['confirm', 'reject']),
  expectedRevision: z.int().min(0),
});
