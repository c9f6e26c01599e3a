import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Checkbox from '@mui/material/Checkbox';
import ListItemText from '@mui/material/ListItemText';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import { ReactNode, useEffect, useRef, useState } from 'react';
import { useDebounced } from '../hooks/useDebounced';
import { useText } from '../hooks/useText';

interface FilterBarProps {
  children: ReactNode;
  active: boolean;
  onClear: () => void;
}

/** The filters above a list. */
export const FilterBar = ({ children, active, onClear }: FilterBarProps) => {
  const t = useText();
  return (
    <Box
      role="search"
      sx={{
        display: 'flex',
        flexWrap: 'wrap',
        alignItems: 'center',
        gap: 1.5,
        marginBottom: 2,
      }}
    >
      {children}
      {active && (
        <Button size="small" onClick={onClear}>
          {t('filter.clear')}
        </Button>
      )}
    </Box>
  );
};

export interface FilterOption {
  value: string;
  label: string;
}

interface FilterSelectProps {
  label: string;
  options: FilterOption[];
  value: string | undefined;
  onChange: (value: string | undefined) => void;
  /** Says what it waits for. */
  disabled?: boolean;
}

/** One of some, or any. */
export const FilterSelect = (props: FilterSelectProps) => {
  const { label, options, value, onChange, disabled } = props;
  const t = useText();
  // A value from an old link that is no longer offered is still shown.
  const known = !value || options.some(option => option.value === value);
  const shown = known ? options : [...options, { value, label: value }];
  return (
    <TextField
      select
      size="small"
      label={label}
      value={value ?? ''}
      disabled={disabled}
      onChange={event => onChange(event.target.value || undefined)}
      sx={{ minWidth: 145 }}
    >
      <MenuItem value="">
        <em>{t('filter.any')}</em>
      </MenuItem>
      {shown.map(option => (
        <MenuItem key={option.value} value={option.value}>
          {option.label}
        </MenuItem>
      ))}
    </TextField>
  );
};

interface FilterSeveralProps {
  label: string;
  options: FilterOption[];
  values: string[];
  onChange: (values: string[]) => void;
}

/** Several of some; none is any. */
export const FilterSeveral = (props: FilterSeveralProps) => {
  const { label, options, values, onChange } = props;
  return (
    <TextField
      select
      size="small"
      label={label}
      value={values}
      onChange={event =>
        onChange(
          typeof event.target.value === 'string'
            ? event.target.value.split(',')
            : event.target.value,
        )
      }
      SelectProps={{
        multiple: true,
        renderValue: selected =>
          (selected as string[])
            .map(
              one => options.find(({ value }) => value === one)?.label ?? one,
            )
            .join(', '),
      }}
      sx={{ minWidth: 180, maxWidth: 320 }}
    >
      {options.map(option => (
        <MenuItem key={option.value} value={option.value} dense>
          <Checkbox
            size="small"
            checked={values.includes(option.value)}
            tabIndex={-1}
            disableRipple
          />
          <ListItemText primary={option.label} />
        </MenuItem>
      ))}
    </TextField>
  );
};

interface FilterTextProps {
  label: string;
  value: string | undefined;
  onChange: (value: string | undefined) => void;
  width?: number;
  /** The one that `/` focuses. */
  search?: true;
}

/** Text that is searched for once the typing pauses. */
export const FilterText = (props: FilterTextProps) => {
  const { label, value = '', onChange, width = 140, search } = props;
  const [typed, setTyped] = useState(value);
  const settled = useDebounced(typed);
  const sent = useRef(value);

  // The address changed by other means: back, a link, "clear".
  useEffect(() => {
    if (value === sent.current) return;
    sent.current = value;
    setTyped(value);
  }, [value]);

  useEffect(() => {
    const text = settled.trim();
    // Only what settled last: an older text must not undo a "clear".
    if (settled !== typed || text === sent.current) return;
    sent.current = text;
    onChange(text || undefined);
  }, [settled, typed, onChange]);

  return (
    <TextField
      size="small"
      type={search ? 'search' : 'text'}
      label={label}
      value={typed}
      onChange={event => setTyped(event.target.value)}
      inputProps={search && { 'data-hub-search': true }}
      sx={{ width }}
    />
  );
};
