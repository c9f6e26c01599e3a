import { createTranslationRef } from '@backstage/frontend-plugin-api';

/** Every text of the sign-in page. */
export const signInTranslationRef = createTranslationRef({
  id: 'migrate-hub-sign-in',
  messages: {
    title: 'Sign in to {{app}}',
    email: 'Email',
    password: 'Password',
    newPassword: 'New password',
    newPasswordHint: 'At least 12 characters.',
    changePassword: 'Change password',
    keepPassword: 'Keep password',
    submit: 'Sign in',
    google: 'Sign in with Google',
    or: 'or',
    mustChange:
      'This password works once. Choose a new one and sign in with it from now on.',
    nothingOpen: 'Sign-in is not set up. Ask whoever runs this portal.',
    'refused.not_allowed': 'This Google account may not sign in here.',
    'refused.not_provisioned': 'There is no account for you yet.',
    'refused.disabled':
      'Your account is disabled. An admin can enable it again.',
    'refused.email_not_verified':
      'The e-mail address of this Google account is not verified.',
    'refused.google_required':
      'Sign in with Google: your account belongs to it.',
    'refused.local_off': 'Sign-in with a password is switched off.',
    'refused.canceled': 'Sign-in was canceled.',
    'refused.start_again':
      'This sign-in did not start in this browser, or took too long. Start again.',
    'refused.failed': 'Google could not confirm who you are. Start again.',
    'refused.unavailable':
      'Sign-in does not work right now. Try again in a minute.',
    retry: 'Try again',
    unreachable:
      'The server of this portal cannot be reached. Check the connection and try again.',
  },
});
