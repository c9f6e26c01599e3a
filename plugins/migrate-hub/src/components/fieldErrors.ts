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

/** What the API says about single places of what was sent. */
export function issuesOf(error: Error | undefined): Issue[] {
  if (!(error instanceof ResponseError)) return [];
  const { message, details } = error.body.error;
  if (!isObject(details)) return [];
  const { issues, field } = details;
  if (typeof field === 'string') return [{ path: field, message }];
  const all: unknown[] = Array.isArray(issues) ? issues : [];
  return all.filter(isIssue);
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
  const { code, message } = error.body.error;
  const found: Partial<Record<string, string>> = {};
  const field = typeof code === 'string' ? fieldOfCode[code] : undefined;
  if (field && fields.includes(field)) found[field] = message;
  for (const issue of issuesOf(error)) {
    const [name] = issue.path.split('.');
    if (fields.includes(name)) found[name] ??= issue.message;
  }
  return found;
}
