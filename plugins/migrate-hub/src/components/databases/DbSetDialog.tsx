import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import { DbSet } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useState } from 'react';
import { useCommand } from '../../hooks/useCommand';
import { useHub, useHubClient } from '../../hooks/useHub';
import { useText } from '../../hooks/useText';
import { fieldErrors } from '../fieldErrors';
import { FormDialog } from '../FormDialog';

interface DbSetDialogProps {
  project: string;
  /** To be changed; a new one without. */
  dbSet?: DbSet;
  onSaved: () => void;
  onClose: () => void;
}

export const DbSetDialog = (props: DbSetDialogProps) => {
  const { project, dbSet, onSaved, onClose } = props;
  const t = useText();
  const hub = useHubClient();
  const { environments } = useHub();
  const [environment, setEnvironment] = useState(environments[0]?.name ?? '');
  const [name, setName] = useState(dbSet?.name ?? '');
  const [description, setDescription] = useState(dbSet?.description ?? '');

  const save = useCommand(() =>
    dbSet
      ? hub.call('updateDbSet', {
          params: { id: dbSet.id },
          body: {
            expectedRevision: dbSet.revision,
            name: name.trim(),
            description: description.trim() || null,
          },
        })
      : hub.call('createDbSet', {
          body: {
            project,
            environment,
            name: name.trim(),
            description: description.trim() || undefined,
          },
        }),
  );
  const wrong = fieldErrors(save.error, ['name']);

  async function submit() {
    if (await save.run()) onSaved();
  }
  return (
    <FormDialog
      title={
        dbSet
          ? t('dbForm.editSet', { name: dbSet.name })
          : t('databases.newSet')
      }
      submit={dbSet ? t('dbForm.save') : t('dbForm.createSet')}
      busy={save.busy}
      error={save.error}
      onSubmit={submit}
      onClose={onClose}
    >
      {!dbSet && (
        <TextField
          select
          label={t('dbForm.environment')}
          value={environment}
          onChange={event => setEnvironment(event.target.value)}
          helperText={t('dbForm.environmentHint')}
        >
          {environments.map(one => (
            <MenuItem key={one.name} value={one.name}>
              {one.name}
            </MenuItem>
          ))}
        </TextField>
      )}
      <TextField
        label={t('dbForm.name')}
        value={name}
        onChange={event => setName(event.target.value)}
        required
        error={wrong.name !== undefined}
        helperText={wrong.name}
      />
      <TextField
        label={t('dbForm.description')}
        value={description}
        onChange={event => setDescription(event.target.value)}
        multiline
      />
    </FormDialog>
  );
};
