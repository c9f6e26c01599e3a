import { useTranslationRef } from '@backstage/frontend-plugin-api';
import Alert from '@mui/material/Alert';
import Button from '@mui/material/Button';
import Stack from '@mui/material/Stack';
import TextField from '@mui/material/TextField';
import { FormEvent, useState } from 'react';
import { LocalCredentials } from './LocalSession';
import { signInTranslationRef } from './translation';

interface SignInFormProps {
  /** Why the last attempt was refused. */
  reason?: string;
  /** Looks again for the session of before, where that could not be found out. */
  onRetry?: () => void;
  onSubmit: (credentials: LocalCredentials) => Promise<void>;
}

export const SignInForm = (props: SignInFormProps) => {
  const { reason, onRetry, onSubmit } = props;
  const { t } = useTranslationRef(signInTranslationRef);
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [newPassword, setNewPassword] = useState<string>();
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    setBusy(true);
    await onSubmit({ email, password, newPassword });
    setBusy(false);
  }

  return (
    <Stack component="form" spacing={2} onSubmit={submit}>
      {reason && (
        <Alert
          severity="error"
          action={
            onRetry && (
              <Button color="inherit" size="small" onClick={onRetry}>
                {t('retry')}
              </Button>
            )
          }
        >
          {reason}
        </Alert>
      )}
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
      <Button
        size="small"
        onClick={() =>
          setNewPassword(newPassword === undefined ? '' : undefined)
        }
      >
        {newPassword === undefined ? t('changePassword') : t('keepPassword')}
      </Button>
    </Stack>
  );
};
