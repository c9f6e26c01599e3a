import { ResponseError } from '@backstage/errors';

interface Issue {
  path: string;
  message: string;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const isIssue = (value: unknown): value is Issue =>
  isObject(value) &&
  typeof value.path === 'string' &&
  typeof value.message === 'string';

function issuesOf(details: unknown): Issue[] {
  if (!isObject(details) || !Array.isArray(details.issues)) return [];
  return details.issues.filter(isIssue);
}

/** Codes of refusals that are about one field. */
const fieldOfCode: Record<string, string> = {
  PASSWORD_REQUIRED: 'password',
  ALREADY_EXISTS: 'name',
  HOST_NOT_ALLOWED: 'host',
};

/** What the API says about single fields of a form, by the name of the field. */
export function fieldErrors(
  error: Error | undefined,
  fields: readonly string[],
): Partial<Record<string, string>> {
  if (!(error instanceof ResponseError)) return {};
  const { code, message, details } = error.body.error;
  const found: Partial<Record<string, string>> = {};
  const field = typeof code === 'string' ? fieldOfCode[code] : undefined;
  if (field && fields.includes(field)) found[field] = message;
  for (const issue of issuesOf(details)) {
    const [name] = issue.path.split('.');
    if (fields.includes(name)) found[name] ??= issue.message;
  }
  return found;
}
