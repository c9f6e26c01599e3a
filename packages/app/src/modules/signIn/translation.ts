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
    retry: 'Try again',
    unreachable:
      'The server of this portal cannot be reached. Check the connection and try again.',
  },
});
