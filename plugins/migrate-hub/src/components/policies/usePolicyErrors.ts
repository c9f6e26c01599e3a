import { EnvironmentPreview } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useText } from '../../hooks/useText';
import { issuesOf } from '../fieldErrors';
import { PolicyIssue } from './policyDraft';

/** What is wrong, by the path of the rule: `windows.0.to`. */
export type PolicyErrors = Partial<Record<string, string>>;

interface Sources {
  /** By the contract, before anything is sent. */
  issues: readonly PolicyIssue[];
  /** Rules that the configuration does not allow. */
  belowFloor: EnvironmentPreview['belowFloor'];
  /** Why the server refused the last attempt. */
  refused: (Error | undefined)[];
}

function useIssueText(): (issue: PolicyIssue) => string {
  const t = useText();
  return issue => {
    const [field] = issue.path.slice(-1);
    if (issue.code === 'too_small' && issue.origin === 'array') {
      return t('policyForm.choose');
    }
    if (issue.code === 'too_small' && issue.origin === 'number') {
      return t('policyForm.atLeast', { least: String(issue.minimum) });
    }
    if (issue.code === 'too_big' && issue.origin === 'number') {
      return t('policyForm.atMost', { most: String(issue.maximum) });
    }
    if (issue.code === 'invalid_union') return t('policyForm.soakWrong');
    if (issue.code === 'invalid_type') return t('policyForm.number');
    if (issue.code === 'invalid_format' || issue.code === 'too_small') {
      return field === 'reason'
        ? t('policyForm.reasonMissing')
        : t('policyForm.momentMissing');
    }
    return issue.message;
  };
}

/** Everything that is wrong with a draft, for the place where it is. */
export function usePolicyErrors(sources: Sources): PolicyErrors {
  const { issues, belowFloor, refused } = sources;
  const textOf = useIssueText();
  const errors: PolicyErrors = {};
  for (const issue of issues) {
    errors[issue.path.join('.')] ??= textOf(issue);
  }
  for (const { field, message } of belowFloor) errors[field] ??= message;
  for (const { path, message } of refused.flatMap(issuesOf)) {
    errors[path.replace(/^policy\./, '')] ??= message;
  }
  return errors;
}
