import Accordion from '@mui/material/Accordion';
import AccordionDetails from '@mui/material/AccordionDetails';
import AccordionSummary from '@mui/material/AccordionSummary';
import ExpandMore from '@mui/icons-material/ExpandMore';
import Box from '@mui/material/Box';
import Checkbox from '@mui/material/Checkbox';
import FormControlLabel from '@mui/material/FormControlLabel';
import MenuItem from '@mui/material/MenuItem';
import Stack from '@mui/material/Stack';
import TextField, { TextFieldProps } from '@mui/material/TextField';
import {
  DbTarget,
  engineSchema,
  tlsSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useText } from '../../hooks/useText';
import { TargetValues, defaultPorts } from './targetForm';

interface TargetFieldsProps {
  values: TargetValues;
  saved?: DbTarget;
  /** By the name of the field, in words. */
  errors: Partial<Record<string, string>>;
  onChange: (changes: Partial<TargetValues>) => void;
}

type TextName = Exclude<
  keyof TargetValues,
  | 'engine'
  | 'tlsMode'
  | 'removeCertificate'
  | 'allowInsecurePassword'
  | 'confirmDistinctServer'
>;

interface MoreProps
  extends Pick<TargetFieldsProps, 'values' | 'saved' | 'errors' | 'onChange'> {
  text: (name: TextName, hint?: string) => TextFieldProps;
}

/** For servers that ask who the hub is. */
const CertificateFields = (props: Omit<MoreProps, 'errors'>) => {
  const { values, saved, onChange, text } = props;
  const t = useText();
  const known = saved?.clientCertificate;
  return (
    <>
      <TextField
        {...text(
          'clientCertificate',
          known
            ? t('dbForm.certificateKept', {
                name: known.subject ?? known.from?.name ?? '',
              })
            : t('dbForm.certificateHint'),
        )}
        disabled={values.removeCertificate}
        multiline
        maxRows={6}
      />
      <TextField
        {...text('clientKey', t('dbForm.clientKeyHint'))}
        disabled={values.removeCertificate}
        multiline
        maxRows={6}
      />
      {known && (
        <FormControlLabel
          control={
            <Checkbox
              checked={values.removeCertificate}
              onChange={event =>
                onChange({ removeCertificate: event.target.checked })
              }
            />
          }
          label={t('dbForm.removeCertificate')}
        />
      )}
    </>
  );
};

/** What has a good default. */
const More = ({ values, saved, errors, onChange, text }: MoreProps) => {
  const t = useText();
  return (
    <Accordion
      variant="outlined"
      disableGutters
      defaultExpanded={
        values.tlsMode !== '' && values.tlsMode !== 'verify-full'
      }
    >
      <AccordionSummary expandIcon={<ExpandMore />}>
        {t('dbForm.more')}
      </AccordionSummary>
      <AccordionDetails>
        <Stack spacing={2}>
          <TextField
            select
            label={t('dbForm.tls')}
            value={values.tlsMode}
            error={errors.tls !== undefined}
            helperText={errors.tls}
            SelectProps={{ displayEmpty: true }}
            InputLabelProps={{ shrink: true }}
            onChange={event =>
              onChange({
                tlsMode:
                  event.target.value === ''
                    ? ''
                    : tlsSchema.shape.mode.parse(event.target.value),
              })
            }
          >
            <MenuItem value="">{t('dbForm.tls.default')}</MenuItem>
            {tlsSchema.shape.mode.options.map(mode => (
              <MenuItem key={mode} value={mode}>
                {t(`dbForm.tls.${mode}`)}
              </MenuItem>
            ))}
          </TextField>
          {values.tlsMode.startsWith('verify') && (
            <TextField
              {...text('ca', t('dbForm.caHint'))}
              multiline
              maxRows={6}
            />
          )}
          {values.tlsMode !== 'disable' && (
            <CertificateFields
              values={values}
              saved={saved}
              onChange={onChange}
              text={text}
            />
          )}
          <FormControlLabel
            control={
              <Checkbox
                checked={values.allowInsecurePassword}
                disabled={values.tlsMode === ''}
                onChange={event =>
                  onChange({ allowInsecurePassword: event.target.checked })
                }
              />
            }
            label={t('dbForm.insecure')}
          />
          <TextField {...text('historyTable', t('dbForm.historyTableHint'))} />
          {values.engine === 'postgres' && (
            <TextField
              {...text('historySchema', t('dbForm.historySchemaHint'))}
            />
          )}
        </Stack>
      </AccordionDetails>
    </Accordion>
  );
};

export const TargetFields = (props: TargetFieldsProps) => {
  const { values, saved, errors, onChange } = props;
  const t = useText();
  const text = (name: TextName, hint?: string): TextFieldProps => ({
    label: t(`dbForm.${name}`),
    value: values[name],
    onChange: event => onChange({ [name]: event.target.value }),
    error: errors[name] !== undefined,
    helperText: errors[name] ?? hint,
    fullWidth: true,
    inputProps: { spellCheck: false, autoComplete: 'off' },
  });
  const moved =
    saved !== undefined &&
    (values.host !== saved.host ||
      values.port !== String(saved.port) ||
      values.username !== saved.username);

  return (
    <>
      <TextField {...text('name')} required />
      {!saved && (
        <TextField
          select
          label={t('dbForm.engine')}
          value={values.engine}
          onChange={event => {
            const engine = engineSchema.parse(event.target.value);
            const untouched = values.port === defaultPorts[values.engine];
            onChange({
              engine,
              ...(untouched && { port: defaultPorts[engine] }),
            });
          }}
        >
          {engineSchema.options.map(engine => (
            <MenuItem key={engine} value={engine}>
              {t(`dbForm.engine.${engine}`)}
            </MenuItem>
          ))}
        </TextField>
      )}
      <Box sx={{ display: 'grid', gridTemplateColumns: '1fr 120px', gap: 2 }}>
        <TextField {...text('host')} required />
        <TextField {...text('port')} required type="number" />
      </Box>
      <TextField {...text('database')} required />
      <Box sx={{ display: 'grid', gridTemplateColumns: '1fr 1fr', gap: 2 }}>
        <TextField {...text('username')} required />
        <TextField
          {...text('password', passwordHint())}
          type="password"
          required={!saved && values.clientCertificate === ''}
          inputProps={{ autoComplete: 'new-password' }}
        />
      </Box>
      <More
        values={values}
        saved={saved}
        errors={errors}
        onChange={onChange}
        text={text}
      />
    </>
  );

  function passwordHint(): string {
    if (!saved) return t('dbForm.passwordNew');
    return t(moved ? 'dbForm.passwordAgain' : 'dbForm.passwordKept');
  }
};
