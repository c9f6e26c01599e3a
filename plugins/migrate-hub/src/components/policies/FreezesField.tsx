import Delete from '@mui/icons-material/DeleteOutlined';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import FormHelperText from '@mui/material/FormHelperText';
import IconButton from '@mui/material/IconButton';
import Stack from '@mui/material/Stack';
import TextField from '@mui/material/TextField';
import Typography from '@mui/material/Typography';
import { useText } from '../../hooks/useText';
import { MomentField } from '../MomentField';
import { FreezeDraft, newFreeze } from './policyDraft';
import type { PolicyFieldsProps } from './PolicyFields';

/** From when to when nothing starts at all, and why. */
export const FreezesField = (props: PolicyFieldsProps) => {
  const { draft, errors, floor, onChange } = props;
  const t = useText();
  const { freezes, windows } = draft;
  const timeZone = windows[0]?.timeZone;
  const hint = errors.freezes ?? floor('freezes');
  const set = (freeze: FreezeDraft, changes: Partial<FreezeDraft>) =>
    onChange({
      freezes: freezes.map(one =>
        one === freeze ? { ...one, ...changes } : one,
      ),
    });
  return (
    <Stack spacing={1.5}>
      <Typography component="h4" variant="body2" fontWeight={600}>
        {t('policy.freezes')}
      </Typography>
      {freezes.length === 0 && (
        <Typography variant="body2" color="text.secondary">
          {t('policyForm.noFreeze')}
        </Typography>
      )}
      {freezes.map((freeze, index) => {
        const numbered = { number: String(index + 1) };
        return (
          <Box
            key={freeze.key}
            role="group"
            aria-label={t('policyForm.freeze', numbered)}
            sx={{
              display: 'grid',
              gridTemplateColumns: { xs: '1fr', sm: '1fr 1fr auto' },
              gap: 1.5,
              alignItems: 'start',
            }}
          >
            {(['from', 'to'] as const).map(name => (
              <MomentField
                key={name}
                size="small"
                label={t(
                  name === 'from'
                    ? 'policyForm.freezeFrom'
                    : 'policyForm.freezeTo',
                )}
                value={freeze[name]}
                onChange={value => set(freeze, { [name]: value })}
                timeZone={timeZone}
                error={errors[`freezes.${index}.${name}`]}
              />
            ))}
            <IconButton
              aria-label={t('policyForm.removeFreeze', numbered)}
              onClick={() =>
                onChange({ freezes: freezes.filter(one => one !== freeze) })
              }
            >
              <Delete />
            </IconButton>
            <TextField
              size="small"
              label={t('policyForm.freezeReason')}
              value={freeze.reason}
              onChange={event => set(freeze, { reason: event.target.value })}
              error={errors[`freezes.${index}.reason`] !== undefined}
              helperText={errors[`freezes.${index}.reason`]}
              inputProps={{ maxLength: 2000 }}
              sx={{ gridColumn: { sm: '1 / 3' } }}
            />
          </Box>
        );
      })}
      {hint && (
        <FormHelperText error={errors.freezes !== undefined}>
          {hint}
        </FormHelperText>
      )}
      <div>
        <Button
          size="small"
          onClick={() => onChange({ freezes: [...freezes, newFreeze()] })}
        >
          {t('policyForm.addFreeze')}
        </Button>
      </div>
    </Stack>
  );
};
