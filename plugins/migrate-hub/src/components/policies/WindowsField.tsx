import Delete from '@mui/icons-material/DeleteOutlined';
import Autocomplete from '@mui/material/Autocomplete';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import FormHelperText from '@mui/material/FormHelperText';
import IconButton from '@mui/material/IconButton';
import Stack from '@mui/material/Stack';
import TextField, { TextFieldProps } from '@mui/material/TextField';
import ToggleButton from '@mui/material/ToggleButton';
import ToggleButtonGroup from '@mui/material/ToggleButtonGroup';
import Typography from '@mui/material/Typography';
import { weekdaySchema } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useText } from '../../hooks/useText';
import { readersZone } from '../moment';
import { WindowDraft, newWindow } from './policyDraft';
import type { PolicyFieldsProps } from './PolicyFields';

const zones = ['UTC', ...Intl.supportedValuesOf('timeZone')];

interface WindowRowProps {
  window: WindowDraft;
  number: number;
  /** By the name of the field. */
  error: (field: string) => string | undefined;
  onChange: (window: WindowDraft) => void;
  onRemove: () => void;
}

const WindowRow = (props: WindowRowProps) => {
  const { window, number, error, onChange, onRemove } = props;
  const t = useText();
  const numbered = { number: String(number) };
  const set = (changes: Partial<WindowDraft>) =>
    onChange({ ...window, ...changes });
  const time = (name: 'from' | 'to', hint?: string): TextFieldProps => ({
    size: 'small',
    type: 'time',
    label: t(name === 'from' ? 'policyForm.windowFrom' : 'policyForm.windowTo'),
    value: window[name],
    onChange: event => set({ [name]: event.target.value }),
    error: error(name) !== undefined,
    helperText: error(name) ?? hint,
    InputLabelProps: { shrink: true },
    sx: { width: 150 },
  });
  const overnight = window.to !== '' && window.to < window.from;
  return (
    <Box
      role="group"
      aria-label={t('policyForm.windowDays', numbered)}
      sx={{ display: 'flex', flexWrap: 'wrap', gap: 1.5, alignItems: 'start' }}
    >
      <div>
        <ToggleButtonGroup
          size="small"
          value={window.days}
          onChange={(_, days) =>
            set({
              days: weekdaySchema.options.filter(day => days.includes(day)),
            })
          }
          aria-label={t('policyForm.windowDays', numbered)}
        >
          {weekdaySchema.options.map(day => (
            <ToggleButton key={day} value={day}>
              {t(`policyForm.day.${day}`)}
            </ToggleButton>
          ))}
        </ToggleButtonGroup>
        {error('days') && (
          <FormHelperText error>{error('days')}</FormHelperText>
        )}
      </div>
      <TextField {...time('from')} />
      {window.to === '24:00' ? (
        // What the API knows and a clock does not show: until midnight.
        <TextField
          size="small"
          label={t('policyForm.windowTo')}
          value={window.to}
          onChange={event => set({ to: event.target.value })}
          sx={{ width: 150 }}
        />
      ) : (
        <TextField
          {...time('to', overnight ? t('policyForm.windowNext') : undefined)}
        />
      )}
      <Autocomplete
        size="small"
        options={zones}
        value={window.timeZone}
        onChange={(_, timeZone) => set({ timeZone })}
        disableClearable
        sx={{ width: 220 }}
        renderInput={input => (
          <TextField
            {...input}
            label={t('policyForm.timeZone')}
            error={error('timeZone') !== undefined}
            helperText={error('timeZone')}
          />
        )}
      />
      <IconButton
        aria-label={t('policyForm.removeWindow', numbered)}
        onClick={onRemove}
      >
        <Delete />
      </IconButton>
    </Box>
  );
};

/** In which hours of which days runs may start. */
export const WindowsField = (props: PolicyFieldsProps) => {
  const { draft, errors, floor, onChange } = props;
  const t = useText();
  const { windows } = draft;
  const hint = errors.windows ?? floor('windows');
  return (
    <Stack spacing={1.5}>
      <Typography component="h4" variant="body2" fontWeight={600}>
        {t('policy.windows')}
      </Typography>
      {windows.length === 0 && (
        <Typography variant="body2" color="text.secondary">
          {t('policyForm.anyTime')}
        </Typography>
      )}
      {windows.map((window, index) => (
        <WindowRow
          key={window.key}
          window={window}
          number={index + 1}
          error={field => errors[`windows.${index}.${field}`]}
          onChange={changed =>
            onChange({
              windows: windows.map(one => (one === window ? changed : one)),
            })
          }
          onRemove={() =>
            onChange({ windows: windows.filter(one => one !== window) })
          }
        />
      ))}
      {hint && (
        <FormHelperText error={errors.windows !== undefined}>
          {hint}
        </FormHelperText>
      )}
      <div>
        <Button
          size="small"
          onClick={() =>
            onChange({
              windows: [
                ...windows,
                newWindow(windows[0]?.timeZone ?? readersZone()),
              ],
            })
          }
        >
          {t('policyForm.addWindow')}
        </Button>
      </div>
    </Stack>
  );
};
