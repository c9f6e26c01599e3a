import TextField, { TextFieldProps } from '@mui/material/TextField';
import { useText } from '../hooks/useText';
import { instantOf, momentText, readersZone } from './moment';

interface MomentFieldProps
  extends Pick<TextFieldProps, 'label' | 'required' | 'margin' | 'size'> {
  /** `2026-01-31T10:00` of the reader's clock, or nothing. */
  value: string;
  onChange: (value: string) => void;
  /** The zone in which the environment thinks, if it has one. */
  timeZone?: string;
  error?: string;
  /** Without a value. */
  hint?: string;
}

/** A date and a time on the reader's clock, and what that is elsewhere. */
export const MomentField = (props: MomentFieldProps) => {
  const { value, onChange, timeZone, error, hint, ...look } = props;
  const t = useText();
  const here = readersZone();
  const at = instantOf(value);
  const elsewhere =
    at && timeZone && timeZone !== here
      ? t('moment.elsewhere', { there: momentText(at, timeZone), here })
      : undefined;
  return (
    <TextField
      {...look}
      type="datetime-local"
      value={value}
      onChange={event => onChange(event.target.value)}
      InputLabelProps={{ shrink: true }}
      error={error !== undefined}
      helperText={
        error ??
        elsewhere ??
        [hint, t('moment.zone', { zone: here })].filter(Boolean).join(' ')
      }
    />
  );
};
