import {
  Migration,
  TransactionMode,
  keySchema,
  migrationCreateSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';

/** What is typed: every field as text, an empty one is absent. */
export interface Draft {
  project: string;
  key: string;
  name: string;
  jira: string;
  description: string;
  transactionMode: TransactionMode;
  sqlUp: string;
  sqlDown: string;
}

export const emptyDraft: Draft = {
  project: '',
  key: '',
  name: '',
  jira: '',
  description: '',
  transactionMode: 'auto',
  sqlUp: '',
  sqlDown: '',
};

export const draftOf = (migration: Migration): Draft => ({
  project: migration.project,
  key: migration.key,
  name: migration.name,
  jira: migration.jira ?? '',
  description: migration.description ?? '',
  transactionMode: migration.transactionMode,
  sqlUp: migration.sqlUp,
  sqlDown: migration.sqlDown ?? '',
});

/** The texts of the problems of a draft, by field. */
export type DraftProblem = 'required' | 'keyInvalid' | 'jiraInvalid';

export function problemsOf(
  draft: Draft,
): Partial<Record<keyof Draft, DraftProblem>> {
  const problems: Partial<Record<keyof Draft, DraftProblem>> = {};
  for (const field of ['project', 'key', 'name', 'sqlUp'] as const) {
    if (draft[field].trim() === '') problems[field] = 'required';
  }
  if (draft.key && !keySchema.safeParse(draft.key).success) {
    problems.key = 'keyInvalid';
  }
  const { jira } = migrationCreateSchema.shape;
  if (draft.jira && !jira.safeParse(draft.jira.trim()).success) {
    problems.jira = 'jiraInvalid';
  }
  return problems;
}

const optional = (text: string) => text.trim() || undefined;
/** SQL is sent as typed; only blank is absent. */
const optionalSql = (sql: string) => (sql.trim() === '' ? undefined : sql);

export const createBody = (draft: Draft) => ({
  project: draft.project,
  key: draft.key,
  name: draft.name.trim(),
  jira: optional(draft.jira),
  description: optional(draft.description),
  transactionMode: draft.transactionMode,
  sqlUp: draft.sqlUp,
  sqlDown: optionalSql(draft.sqlDown),
});

/** Whether saving makes a new version of the SQL. */
export const changesSql = (draft: Draft, migration: Migration): boolean =>
  draft.sqlUp !== migration.sqlUp ||
  optionalSql(draft.sqlDown) !== migration.sqlDown ||
  draft.transactionMode !== migration.transactionMode;

/** Only what differs from what was read; `null` clears. */
export function patchBody(draft: Draft, migration: Migration) {
  const text = (typed: string, known: string | undefined) => {
    const value = optional(typed);
    return value === known ? undefined : value ?? null;
  };
  const name = draft.name.trim();
  const down = optionalSql(draft.sqlDown);
  return {
    name: name === migration.name ? undefined : name,
    jira: text(draft.jira, migration.jira),
    description: text(draft.description, migration.description),
    sqlUp: draft.sqlUp === migration.sqlUp ? undefined : draft.sqlUp,
    sqlDown: down === migration.sqlDown ? undefined : down ?? null,
    transactionMode:
      draft.transactionMode === migration.transactionMode
        ? undefined
        : draft.transactionMode,
  };
}

/** Whether there is anything to save. */
export const isChanged = (draft: Draft, migration: Migration): boolean =>
  Object.values(patchBody(draft, migration)).some(value => value !== undefined);
