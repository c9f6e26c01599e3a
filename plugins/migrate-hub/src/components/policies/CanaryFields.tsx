import Box from '@mui/material/Box';
import FormControlLabel from '@mui/material/FormControlLabel';
import FormHelperText from '@mui/material/FormHelperText';
import MenuItem from '@mui/material/MenuItem';
import Switch from '@mui/material/Switch';
import TextField, { TextFieldProps } from '@mui/material/TextField';
import { useText } from '../../hooks/useText';
import type { PolicyFieldsProps } from './PolicyFields';

/** Whether a run goes in waves, how large they are, and what comes between two. */
export const CanaryFields = (props: PolicyFieldsProps) => {
  const { draft, errors, floor, onChange } = props;
  const t = useText();
  const number = (
    name: 'canaryTargets' | 'soakMinutes' | 'waveSize',
    error: string | undefined,
    hint?: string,
  ): TextFieldProps => ({
    size: 'small',
    type: 'number',
    label: t(`policyForm.${name}`),
    value: draft[name],
    onChange: event => onChange({ [name]: event.target.value }),
    error: error !== undefined,
    helperText: error ?? hint,
    inputProps: { min: 1 },
  });
  const hint = errors.canary ?? floor('canary');
  return (
    <div>
      <FormControlLabel
        label={t('policyForm.canary')}
        control={
          <Switch
            checked={draft.canary}
            onChange={(_, canary) => onChange({ canary })}
          />
        }
      />
      {hint && (
        <FormHelperText
          error={errors.canary !== undefined}
          sx={{ marginX: 0, marginBottom: 1 }}
        >
          {hint}
        </FormHelperText>
      )}
      {draft.canary && (
        <Box
          sx={{
            display: 'grid',
            gridTemplateColumns: { xs: '1fr', sm: '1fr 1fr' },
            gap: 2,
            alignItems: 'start',
            paddingTop: 1,
          }}
        >
          <TextField {...number('canaryTargets', errors['canary.targets'])} />
          <TextField
            {...number(
              'waveSize',
              errors['canary.waveSize'],
              t('policyForm.waveSizeHint'),
            )}
          />
          <TextField
            select
            size="small"
            label={t('policyForm.then')}
            value={draft.then}
            onChange={event =>
              onChange({
                then: event.target.value === 'soak' ? 'soak' : 'person',
              })
            }
          >
            <MenuItem value="person">{t('policyForm.then.person')}</MenuItem>
            <MenuItem value="soak">{t('policyForm.then.soak')}</MenuItem>
          </TextField>
          {draft.then === 'soak' && (
            <TextField {...number('soakMinutes', errors['canary.then'])} />
          )}
        </Box>
      )}
    </div>
  );
};
