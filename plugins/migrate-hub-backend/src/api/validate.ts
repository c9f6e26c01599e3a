import { z } from 'zod';
import { HubError } from '../errors';

/** What is wrong with one field. The value itself is never repeated. */
export interface FieldIssue {
  path: string;
  message: string;
}

const formats: Record<string, string> = {
  guid: 'must be a UUID',
  uuid: 'must be a UUID',
  email: 'must be an e-mail address',
  datetime:
    'must be a time in ISO 8601 with its zone, e.g. 2026-01-31T12:00:00Z',
};

function bound(issue: z.core.$ZodIssueTooBig | z.core.$ZodIssueTooSmall) {
  const [word, limit] =
    issue.code === 'too_big'
      ? ['at most', issue.maximum]
      : ['at least', issue.minimum];
  if (issue.origin === 'string') return `must have ${word} ${limit} characters`;
  if (issue.origin === 'array') return `must have ${word} ${limit} entries`;
  return `must be ${word} ${limit}`;
}

/** In our words: zod's own may quote the input. */
function describe(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return 'is required';
      return `must be ${/^[aeiou]/.test(issue.expected) ? 'an' : 'a'} ${
        issue.expected
      }`;
    case 'too_big':
    case 'too_small':
      return bound(issue);
    case 'invalid_value':
      if (issue.input === undefined) return 'is required';
      return `must be one of ${issue.values.map(String).join(', ')}`;
    case 'invalid_format':
      if (issue.message.startsWith('Invalid')) {
        return formats[issue.format] ?? 'has the wrong form';
      }
      return issue.message;
    case 'custom':
      return issue.message;
    default:
      return 'is not valid';
  }
}

function toFieldIssues(issue: z.core.$ZodIssue): FieldIssue[] {
  const path = issue.path.map(String);
  if (issue.code !== 'unrecognized_keys') {
    return [{ path: path.join('.'), message: describe(issue) }];
  }
  return issue.keys.map(key => ({
    path: [...path, key.slice(0, 60)].join('.'),
    message: 'is not a known field',
  }));
}

/**
 * Checks a part of a request with the schema of the contract.
 *
 * @throws HubError `INVALID_INPUT` that names the first field, with all of them in `details.issues`.
 */
export function validate<T extends z.ZodType>(
  schema: T,
  value: unknown,
  part: 'path' | 'query' | 'body',
): z.output<T> {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;

  const issues = result.error.issues.flatMap(toFieldIssues).slice(0, 100);
  const [first] = issues;
  const subject = first.path ? `'${first.path}'` : `The ${part}`;
  throw new HubError('INVALID_INPUT', `${subject} ${first.message}.`, {
    details: { in: part, issues },
  });
}

/** The query as zod wants it: a string, or an array where a name stands several times. */
export function readQuery(url: string): Record<string, string | string[]> {
  const search = new URL(url, 'http://hub').searchParams;
  return Object.fromEntries(
    [...new Set(search.keys())].map(name => {
      const values = search.getAll(name);
      return [name, values.length > 1 ? values : values[0]];
    }),
  );
}
