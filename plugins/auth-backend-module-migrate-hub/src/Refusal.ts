import { CustomErrorBase } from '@backstage/errors';
import { SignInRefusal } from '@migrate-hub/backstage-plugin-migrate-hub-common';

/** What people without our sign-in page read; the page has its own words. */
const sentences: Record<SignInRefusal, string> = {
  not_allowed: 'This Google account may not sign in here.',
  not_provisioned: 'There is no account for you yet. Ask an admin.',
  disabled: 'Your account is disabled. Ask an admin.',
  email_not_verified:
    'The e-mail address of this Google account is not verified.',
  google_required: 'Sign in with Google.',
  local_off: 'Sign-in with a password is switched off.',
  canceled: 'Sign-in was canceled.',
  start_again: 'This sign-in did not start in this browser. Start again.',
  failed: 'Google could not confirm who you are. Start again.',
  unavailable: 'Google cannot be reached right now. Try again in a minute.',
};

/** A sign-in that came to nothing before the hub was asked. */
export class Refusal extends CustomErrorBase {
  name = 'NotAllowedError';
  /** For the person. */
  readonly told: SignInRefusal;
  /** For the audit trail. */
  readonly reason: string;

  constructor(told: SignInRefusal, reason: string) {
    super(sentences[told]);
    this.told = told;
    this.reason = reason;
  }
}
