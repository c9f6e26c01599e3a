import {
  SignInRefusal,
  signInRefusalSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';

/**
 * Why the server sent the browser back without a session: only a word that we
 * know, so that a link cannot make the page say anything else.
 */
export function readRefusal(search: string): SignInRefusal | undefined {
  const word = new URLSearchParams(search).get('error');
  if (word === null) return undefined;
  return signInRefusalSchema.safeParse(word).data ?? 'failed';
}
