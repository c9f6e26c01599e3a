import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import {
  Role,
  User,
  roleSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useState } from 'react';
import { useCommand } from '../../hooks/useCommand';
import { useHubClient } from '../../hooks/useHub';
import { useText } from '../../hooks/useText';
import { fieldErrors } from '../fieldErrors';
import { FormDialog } from '../FormDialog';

interface NewUserDialogProps {
  onCreated: (user: User) => void;
  onClose: () => void;
}

/** Prepares an account: the first verified sign-in with this e-mail address makes it theirs. */
export const NewUserDialog = ({ onCreated, onClose }: NewUserDialogProps) => {
  const t = useText();
  const hub = useHubClient();
  const [email, setEmail] = useState('');
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('user');
  const create = useCommand(() =>
    hub.call('createUser', {
      body: { email: email.trim(), name: name.trim() || undefined, role },
    }),
  );
  const wrong = fieldErrors(create.error, ['email', 'name']);

  async function submit() {
    const user = await create.run();
    if (user) onCreated(user);
  }
  return (
    <FormDialog
      title={t('users.create')}
      submit={t('users.createConfirm')}
      busy={create.busy}
      error={create.error}
      onSubmit={submit}
      onClose={onClose}
    >
      <TextField
        label={t('users.email')}
        type="email"
        value={email}
        onChange={event => setEmail(event.target.value)}
        required
        autoComplete="off"
        error={wrong.email !== undefined}
        helperText={wrong.email ?? t('users.emailHint')}
      />
      <TextField
        label={t('users.name')}
        value={name}
        onChange={event => setName(event.target.value)}
        autoComplete="off"
        error={wrong.name !== undefined}
        helperText={wrong.name ?? t('users.nameHint')}
      />
      <TextField
        select
        label={t('users.role')}
        value={role}
        onChange={event => setRole(roleSchema.parse(event.target.value))}
        helperText={t(`users.roleWhat.${role}`)}
      >
        {roleSchema.options.map(one => (
          <MenuItem key={one} value={one}>
            {t(`users.role.${one}`)}
          </MenuItem>
        ))}
      </TextField>
    </FormDialog>
  );
};
