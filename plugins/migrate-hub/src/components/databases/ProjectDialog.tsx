import TextField from '@mui/material/TextField';
import { Project } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useState } from 'react';
import { useCommand } from '../../hooks/useCommand';
import { useHubClient } from '../../hooks/useHub';
import { useText } from '../../hooks/useText';
import { fieldErrors } from '../fieldErrors';
import { FormDialog } from '../FormDialog';

interface ProjectDialogProps {
  /** To be changed; a new one without. */
  project?: Project;
  onSaved: (project: Project) => void;
  onClose: () => void;
}

export const ProjectDialog = (props: ProjectDialogProps) => {
  const { project, onSaved, onClose } = props;
  const t = useText();
  const hub = useHubClient();
  const [key, setKey] = useState('');
  const [name, setName] = useState(project?.name ?? '');
  const [description, setDescription] = useState(project?.description ?? '');
  const [entityRef, setEntityRef] = useState(project?.entityRef ?? '');

  const save = useCommand(() =>
    project
      ? hub.call('updateProject', {
          params: { key: project.key },
          body: {
            expectedRevision: project.revision,
            name: name.trim(),
            // `null` clears.
            description: description.trim() || null,
            entityRef: entityRef.trim() || null,
          },
        })
      : hub.call('createProject', {
          body: {
            key: key.trim(),
            name: name.trim(),
            description: description.trim() || undefined,
            entityRef: entityRef.trim() || undefined,
          },
        }),
  );
  const wrong = fieldErrors(save.error, ['key', 'name', 'entityRef']);

  async function submit() {
    const saved = await save.run();
    if (saved) onSaved(saved);
  }
  return (
    <FormDialog
      title={
        project
          ? t('dbForm.editProject', { name: project.name })
          : t('databases.newProject')
      }
      submit={project ? t('dbForm.save') : t('dbForm.createProject')}
      busy={save.busy}
      error={save.error}
      onSubmit={submit}
      onClose={onClose}
    >
      {!project && (
        <TextField
          label={t('dbForm.key')}
          value={key}
          onChange={event => setKey(event.target.value)}
          required
          error={wrong.key !== undefined}
          helperText={wrong.key ?? t('dbForm.keyHint')}
        />
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
      <TextField
        label={t('dbForm.entityRef')}
        value={entityRef}
        onChange={event => setEntityRef(event.target.value)}
        error={wrong.entityRef !== undefined}
        helperText={wrong.entityRef ?? t('dbForm.entityRefHint')}
      />
    </FormDialog>
  );
};
