import { useText } from '../../hooks/useText';
import { SignInChange } from './signInDraft';

/** What a change of the sign-in settings comes to, as a sentence. */
export function useSignInWords(): (change: SignInChange) => string {
  const t = useText();
  return change => {
    if ('added' in change) {
      const label = t(`signIn.${change.name}`);
      return [
        change.added.length > 0 &&
          t('signIn.added', { label, entries: change.added.join(', ') }),
        change.removed.length > 0 &&
          t('signIn.removed', { label, entries: change.removed.join(', ') }),
      ]
        .filter(Boolean)
        .join(' ');
    }
    if (change.name === 'defaultRole') {
      return t('signIn.roleBecomes', { role: t(`users.role.${change.to}`) });
    }
    return t(`signIn.${change.name}.${change.to}`);
  };
}
