import Button from '@mui/material/Button';
import Checkbox from '@mui/material/Checkbox';
import FormControlLabel from '@mui/material/FormControlLabel';
import Typography from '@mui/material/Typography';
import {
  DbSet,
  DbTarget,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useState } from 'react';
import { useCommand } from '../../hooks/useCommand';
import { useHub, useHubClient } from '../../hooks/useHub';
import { useText } from '../../hooks/useText';
import { ErrorNotice, errorCode } from '../ErrorNotice';
import { ConnectionResult } from './ConnectionResult';
import { fieldErrors } from '../fieldErrors';
import { FormDialog } from '../FormDialog';
import { TargetFields } from './TargetFields';
import {
  connectionBody,
  createBody,
  emptyValues,
  patchBody,
  valuesOf,
} from './targetForm';

interface TargetDialogProps {
  dbSet: DbSet;
  /** To be changed; a new one without. */
  target?: DbTarget;
  onSaved: () => void;
  onClose: () => void;
}

/** Creates or changes a target; what is typed can be tested before it is saved. */
export const TargetDialog = (props: TargetDialogProps) => {
  const { dbSet, target, onSaved, onClose } = props;
  const t = useText();
  const hub = useHubClient();
  const { me } = useHub();
  const [values, setValues] = useState(target ? valuesOf(target) : emptyValues);

  const save = useCommand(() =>
    target
      ? hub.call('updateDbTarget', {
          params: { id: target.id },
          body: patchBody(values, target),
        })
      : hub.call('createDbTarget', { body: createBody(values, dbSet.id) }),
  );
  const [tested, setTested] = useState<string>();
  const test = useCommand(async () => {
    const body = connectionBody(values);
    const result = await hub.call('testConnection', { body });
    setTested(JSON.stringify(body));
    return result;
  });
  const [result, setResult] = useState<Awaited<ReturnType<typeof test.run>>>();
  // A result about what was typed before says nothing about what is typed now.
  const current = tested === JSON.stringify(connectionBody(values));

  const wrong = fieldErrors(save.error ?? test.error, [
    ...Object.keys(values),
    'tls',
  ]);
  const duplicate = errorCode(save.error) === 'DUPLICATE_SERVER';
  const mayConfirm = me.allowedActions.includes('administer');
  // The hub does not hand the stored password to a connection that is not saved.
  const testable = !target || values.password !== '';

  async function submit() {
    if (await save.run()) onSaved();
  }
  async function runTest() {
    setResult(await test.run());
  }
  return (
    <FormDialog
      title={
        target
          ? t('dbForm.editTarget', { name: target.name })
          : t('dbForm.createTargetIn', {
              set: dbSet.name,
              environment: dbSet.environment,
            })
      }
      submit={target ? t('dbForm.save') : t('dbForm.createTarget')}
      busy={save.busy}
      error={save.error}
      onSubmit={submit}
      onClose={onClose}
      extra={
        <Button
          onClick={runTest}
          disabled={test.busy || !testable}
          sx={{ marginRight: 'auto' }}
        >
          {test.busy ? t('dbForm.testing') : t('dbForm.test')}
        </Button>
      }
    >
      <TargetFields
        values={values}
        saved={target}
        errors={wrong}
        onChange={changes => setValues(before => ({ ...before, ...changes }))}
      />
      {duplicate && mayConfirm && (
        <FormControlLabel
          control={
            <Checkbox
              checked={values.confirmDistinctServer}
              onChange={event =>
                setValues({
                  ...values,
                  confirmDistinctServer: event.target.checked,
                })
              }
            />
          }
          label={t('dbForm.distinct')}
        />
      )}
      {!testable && (
        <Typography variant="caption" color="text.secondary">
          {t('dbForm.testNeedsPassword')}
        </Typography>
      )}
      {test.error && <ErrorNotice error={test.error} />}
      {result && current && <ConnectionResult result={result} />}
    </FormDialog>
  );
};
