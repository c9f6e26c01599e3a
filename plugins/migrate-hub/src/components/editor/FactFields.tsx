import Box from '@mui/material/Box';
import MenuItem from '@mui/material/MenuItem';
import TextField, { TextFieldProps } from '@mui/material/TextField';
import { transactionModeSchema } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useProjects } from '../../hooks/useProjects';
import { useText } from '../../hooks/useText';
import { Panel } from '../Section';
import { Draft } from './draft';
import type { DraftFormProps } from './DraftForm';

/** Everything of a migration but its SQL. */
export const FactFields = (props: DraftFormProps) => {
  const { draft, onChange, problems, existing } = props;
  const t = useText();

  const field = (
    name: Exclude<keyof Draft, 'sqlUp' | 'sqlDown' | 'transactionMode'>,
    help?: string,
  ): TextFieldProps => {
    const problem = problems[name];
    return {
      label: t(`editor.${name}`),
      value: draft[name],
      onChange: event => onChange({ [name]: event.target.value }),
      error: problem !== undefined,
      helperText: problem ? t(`editor.${problem}`) : help,
      size: 'small',
      fullWidth: true,
    };
  };

  return (
    <Panel title={t('editor.facts')}>
      <Box
        sx={{
          display: 'grid',
          gridTemplateColumns: { xs: '1fr', sm: '1fr 1fr' },
          gap: 2,
          paddingTop: 1,
        }}
      >
        {!existing && (
          <>
            <ProjectField {...field('project')} />
            <TextField
              {...field('key', t('editor.keyHelp'))}
              required
              inputProps={{ maxLength: 200, spellCheck: false }}
            />
          </>
        )}
        <TextField
          {...field('name', t('editor.nameHelp'))}
          required
          inputProps={{ maxLength: 200 }}
        />
        <TextField
          {...field('jira', t('editor.jiraHelp'))}
          inputProps={{ maxLength: 100, spellCheck: false }}
        />
        <TextField
          {...field('description', t('editor.descriptionHelp'))}
          multiline
          minRows={2}
          maxRows={10}
          inputProps={{ maxLength: 10_000 }}
          sx={{ gridColumn: '1 / -1' }}
        />
        <TextField
          select
          size="small"
          label={t('editor.mode')}
          value={draft.transactionMode}
          onChange={event =>
            onChange({
              transactionMode: transactionModeSchema.parse(event.target.value),
            })
          }
          helperText={t(`editor.modeHelp.${draft.transactionMode}`)}
          sx={{ gridColumn: '1 / -1' }}
        >
          {transactionModeSchema.options.map(mode => (
            <MenuItem key={mode} value={mode}>
              {t(`mode.${mode}`)}
            </MenuItem>
          ))}
        </TextField>
      </Box>
    </Panel>
  );
};

function ProjectField(props: TextFieldProps) {
  const projects = useProjects().value ?? [];
  return (
    <TextField {...props} select required>
      {projects.map(({ key, name }) => (
        <MenuItem key={key} value={key}>
          {name}
        </MenuItem>
      ))}
      {/* From a link of another page, before the list is loaded. */}
      {props.value !== '' &&
        !projects.some(({ key }) => key === props.value) && (
          <MenuItem value={String(props.value)}>{String(props.value)}</MenuItem>
        )}
    </TextField>
  );
}
