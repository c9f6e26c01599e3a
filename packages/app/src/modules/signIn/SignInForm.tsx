import { useTranslationRef } from '@backstage/frontend-plugin-api';
import Button from '@mui/material/Button';
import Stack from '@mui/material/Stack';
import TextField from '@mui/material/TextField';
import { FormEvent, useState } from 'react';
import { LocalCredentials } from './PortalSession';
import { signInTranslationRef } from './translation';

interface SignInFormProps {
  /** The password given works once: a new one is asked for. */
  mustChange: boolean;
  onSubmit: (credentials: LocalCredentials) => Promise<void>;
}

export const SignInForm = (props: SignInFormProps) => {
  const { mustChange, onSubmit } = props;
  const { t } = useTranslationRef(signInTranslationRef);
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [chosen, setNewPassword] = useState<string>();
  const newPassword = mustChange ? chosen ?? '' : chosen;
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    setBusy(true);
    await onSubmit({ email, password, newPassword });
    setBusy(false);
  }

  return (
    <Stack component="form" spacing={2} onSubmit={submit}>
      <TextField
        id="email"
        label={t('email')}
        type="email"
        value={email}
        onChange={event => setEmail(event.target.value)}
        inputProps={{ required: true, autoComplete: 'username' }}
      />
      <TextField
        id="password"
        label={t('password')}
        type="password"
        value={password}
        onChange={event => setPassword(event.target.value)}
        inputProps={{ required: true, autoComplete: 'current-password' }}
      />
      {newPassword !== undefined && (
        <TextField
          id="new-password"
          label={t('newPassword')}
          helperText={t('newPasswordHint')}
          type="password"
          value={newPassword}
          onChange={event => setNewPassword(event.target.value)}
          inputProps={{ required: true, autoComplete: 'new-password' }}
        />
      )}
      <Button type="submit" variant="contained" disabled={busy}>
        {t('submit')}
      </Button>
      {!mustChange && (
        <Button
          size="small"
          onClick={() =>
            setNewPassword(newPassword === undefined ? '' : undefined)
          }
        >
          {newPassword === undefined ? t('changePassword') : t('keepPassword')}
        </Button>
      )}
    </Stack>
  );
};
