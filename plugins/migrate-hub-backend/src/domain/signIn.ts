import { AuthPolicy } from '@migrate-hub/backstage-plugin-migrate-hub-common';

/** Why an address may not come, as the audit trail says it. */
export type AddressRefusal =
  | 'email_denied'
  | 'domain_not_allowed'
  | 'email_not_allowed';

type Lists = Pick<
  AuthPolicy,
  'allowedDomains' | 'allowedEmails' | 'deniedEmails'
>;

/**
 * Whether somebody whom the identity provider vouches for may sign in.
 *
 * @remarks
 * A domain counts only if the address and the claim `hd` both say it: anybody
 * can have a Google account with an address of a domain that is not its
 * organisation's. The deny list is stronger than both others.
 *
 * @param identity - `email` verified and in lower case
 */
export function addressRefusal(
  identity: { email: string; hostedDomain?: string },
  lists: Lists,
): AddressRefusal | undefined {
  const { email } = identity;
  if (lists.deniedEmails.includes(email)) return 'email_denied';
  if (lists.allowedEmails.includes(email)) return undefined;
  if (lists.allowedDomains.length > 0) {
    const domain = email.slice(email.lastIndexOf('@') + 1);
    const hosted = identity.hostedDomain?.toLowerCase();
    const belongs = domain === hosted && lists.allowedDomains.includes(domain);
    return belongs ? undefined : 'domain_not_allowed';
  }
  return lists.allowedEmails.length > 0 ? 'email_not_allowed' : undefined;
}

/** Who may come in with a password, beyond having the right one. */
export type PasswordRefusal = 'local_off' | 'email_denied' | 'google_required';

/**
 * Whether a password may be used at all.
 *
 * @remarks
 * `forced` is the way back of the config for the day the identity provider is
 * down; whoever can set it could change the records as well.
 */
export function passwordRefusal(
  user: { email?: string; external: boolean },
  policy: AuthPolicy & { localForced: boolean },
): PasswordRefusal | undefined {
  if (!policy.localForced && !policy.localSignIn) return 'local_off';
  if (user.email && policy.deniedEmails.includes(user.email)) {
    return 'email_denied';
  }
  const open = policy.localForced || policy.localForGoogleUsers;
  return user.external && !open ? 'google_required' : undefined;
}
