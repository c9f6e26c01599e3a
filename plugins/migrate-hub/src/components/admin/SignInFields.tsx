import Box from '@mui/material/Box';
import FormControlLabel from '@mui/material/FormControlLabel';
import FormHelperText from '@mui/material/FormHelperText';
import MenuItem from '@mui/material/MenuItem';
import Stack from '@mui/material/Stack';
import Switch from '@mui/material/Switch';
import TextField from '@mui/material/TextField';
import { authPolicySchema } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useText } from '../../hooks/useText';
import { fieldErrors } from '../fieldErrors';
import { Panel } from '../Section';
import { SignInDraft, lists, switches } from './signInDraft';

const roleSchema = authPolicySchema.shape.defaultRole;

interface SignInFieldsProps {
  draft: SignInDraft;
  /** What the server said about the last attempt to save. */
  error?: Error;
  onChange: (draft: SignInDraft) => void;
}

/** How people come in, and who may. */
export const SignInFields = ({ draft, error, onChange }: SignInFieldsProps) => {
  const t = useText();
  const wrong = fieldErrors(error, lists);
  return (
    <>
      <Panel title={t('signIn.how')}>
        <Stack spacing={1}>
          {switches.map(name => (
            <div key={name}>
              <FormControlLabel
                control={
                  <Switch
                    checked={draft[name]}
                    onChange={(_, on) => onChange({ ...draft, [name]: on })}
                    inputProps={{ 'aria-describedby': `sign-in-${name}` }}
                  />
                }
                label={t(`signIn.${name}`)}
              />
              <FormHelperText id={`sign-in-${name}`} sx={{ marginLeft: 6 }}>
                {t(`signIn.${name}Hint`)}
              </FormHelperText>
            </div>
          ))}
          {/* The label stands on its upper edge. */}
          <Box sx={{ '&&': { paddingTop: 2 } }}>
            <TextField
              select
              size="small"
              label={t('signIn.defaultRole')}
              value={draft.defaultRole}
              onChange={event =>
                onChange({
                  ...draft,
                  defaultRole: roleSchema.parse(event.target.value),
                })
              }
              sx={{ minWidth: 240 }}
            >
              {roleSchema.options.map(role => (
                <MenuItem key={role} value={role}>
                  {t(`users.role.${role}`)}
                </MenuItem>
              ))}
            </TextField>
          </Box>
        </Stack>
      </Panel>
      <Panel title={t('signIn.who')}>
        <Stack spacing={2} paddingTop={1}>
          {lists.map(name => (
            <TextField
              key={name}
              label={t(`signIn.${name}`)}
              value={draft[name]}
              onChange={event =>
                onChange({ ...draft, [name]: event.target.value })
              }
              multiline
              minRows={2}
              maxRows={10}
              error={wrong[name] !== undefined}
              helperText={wrong[name] ?? t(`signIn.${name}Hint`)}
              inputProps={{ spellCheck: false }}
            />
          ))}
        </Stack>
      </Panel>
    </>
  );
};
