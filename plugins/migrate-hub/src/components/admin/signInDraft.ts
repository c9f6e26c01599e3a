import {
  AuthPolicy,
  AuthSettings,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';

/** The lists of the settings: each is typed as text, one entry a line. */
export const lists = [
  'allowedDomains',
  'allowedEmails',
  'deniedEmails',
] as const;
/** What is on or off. */
export const switches = [
  'localSignIn',
  'localForGoogleUsers',
  'autoProvision',
] as const;

type ListName = (typeof lists)[number];

/** The settings as they stand in the form. */
export type SignInDraft = Omit<AuthPolicy, ListName> & Record<ListName, string>;

const lines = (text: string): string[] => [
  ...new Set(
    text
      .split(/[\s,;]+/)
      .map(entry => entry.trim().toLowerCase())
      .filter(Boolean),
  ),
];

export const draftOf = (settings: AuthSettings): SignInDraft => ({
  localSignIn: settings.localSignIn,
  localForGoogleUsers: settings.localForGoogleUsers,
  autoProvision: settings.autoProvision,
  defaultRole: settings.defaultRole,
  allowedDomains: settings.allowedDomains.join('\n'),
  allowedEmails: settings.allowedEmails.join('\n'),
  deniedEmails: settings.deniedEmails.join('\n'),
});

export const policyOf = (draft: SignInDraft): AuthPolicy => ({
  ...draft,
  allowedDomains: lines(draft.allowedDomains),
  allowedEmails: lines(draft.allowedEmails),
  deniedEmails: lines(draft.deniedEmails),
});

/** One thing that saving would change. */
export type SignInChange =
  | { name: (typeof switches)[number]; to: 'on' | 'off' }
  | { name: 'defaultRole'; to: AuthPolicy['defaultRole'] }
  | { name: ListName; added: string[]; removed: string[] };

/** What saving would change, in the order of the form. */
export function changesOf(
  before: AuthSettings,
  after: AuthPolicy,
): SignInChange[] {
  const changes: SignInChange[] = [];
  for (const name of switches) {
    if (before[name] === after[name]) continue;
    changes.push({ name, to: after[name] ? 'on' : 'off' });
  }
  if (before.defaultRole !== after.defaultRole) {
    changes.push({ name: 'defaultRole', to: after.defaultRole });
  }
  for (const name of lists) {
    const added = after[name].filter(one => !before[name].includes(one));
    const removed = before[name].filter(one => !after[name].includes(one));
    if (added.length + removed.length > 0) {
      changes.push({ name, added, removed });
    }
  }
  return changes;
}
