import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import TextField from '@mui/material/TextField';
import {
  Migration,
  RunType,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useMemo, useState } from 'react';
import { useHub, useIsProtected } from '../../hooks/useHub';
import { useText } from '../../hooks/useText';
import { instantOf } from '../moment';
import { Loaded } from '../Section';
import { EnvironmentAndType } from './EnvironmentAndType';
import { runParts, useInventory } from './inventory';
import { PartPreview } from './PartPreview';
import { TargetChoice } from './TargetChoice';
import { Timing } from './Timing';
import { usePreviews } from './usePreviews';
import { RequestError, useRequest } from './useRequest';

/** What is already chosen when the dialog opens. */
export interface RequestStart {
  environment?: string;
  type?: RunType;
}

interface RequestDialogProps {
  migration: Migration;
  start: RequestStart;
  onClose: () => void;
  onRequested: () => void;
}

/** Where to run it, what will happen there, and why something is not possible. */
export const RequestDialog = (props: RequestDialogProps) => {
  const { migration, start, onClose, onRequested } = props;
  const t = useText();
  const { environments } = useHub();
  const isProtected = useIsProtected();
  const [environment, setEnvironment] = useState(
    start.environment ?? environments[0]?.name ?? '',
  );
  const [type, setType] = useState<RunType>(start.type ?? 'apply');
  const [sets, setSets] = useState<string[]>();
  const [chosen, setChosen] = useState<string[]>();
  const [reason, setReason] = useState('');
  const [notBefore, setNotBefore] = useState('');

  const inventory = useInventory({ project: migration.project, environment });
  // The one before stays in sight while another is loaded; it must not be requested.
  const here =
    inventory.value?.environment === environment ? inventory.value : undefined;
  const dbSetIds = useMemo(
    () => sets ?? here?.dbSets.map(({ id }) => id) ?? [],
    [sets, here],
  );
  const parts = useMemo(
    () => (here ? runParts(here, dbSetIds, chosen) : []),
    [here, dbSetIds, chosen],
  );
  const previews = usePreviews({ migration, environment, type, parts });
  const request = useRequest({
    migration,
    environment,
    type,
    reason,
    notBefore: instantOf(notBefore),
    onRequested,
    onClose,
  });

  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const ready =
    count > 0 &&
    !previews.loading &&
    !previews.error &&
    previews.value?.every(({ blockers }) => blockers.length === 0);

  return (
    <Dialog
      open
      onClose={request.busy ? undefined : onClose}
      maxWidth="md"
      fullWidth
      aria-labelledby="request-title"
    >
      <DialogTitle id="request-title">
        {t('request.title', { key: migration.key })}
      </DialogTitle>
      <DialogContent dividers sx={{ display: 'grid', gap: 2 }}>
        <EnvironmentAndType
          migration={migration}
          environment={environment}
          onEnvironment={name => {
            setEnvironment(name);
            setSets(undefined);
            setChosen(undefined);
          }}
          type={type}
          onType={setType}
        />
        <Loaded load={inventory}>
          {value => (
            <TargetChoice
              project={migration.project}
              inventory={value}
              dbSetIds={dbSetIds}
              onDbSets={ids => {
                setSets(ids);
                setChosen(undefined);
              }}
              chosen={chosen}
              onChosen={setChosen}
            />
          )}
        </Loaded>
        <TextField
          label={t('request.reason')}
          helperText={t('request.reasonHelp')}
          value={reason}
          onChange={event => setReason(event.target.value)}
          multiline
          minRows={2}
          inputProps={{ maxLength: 2000 }}
        />
        <Timing
          environment={environment}
          notBefore={notBefore}
          onNotBefore={setNotBefore}
          error={request.error}
        />
        {count > 0 && (
          <PartPreview
            environment={environment}
            type={type}
            parts={parts}
            previews={previews}
          />
        )}
        <RequestError request={request} />
      </DialogContent>
      <DialogActions sx={{ padding: 2 }}>
        <Button onClick={onClose} disabled={request.busy} color="inherit">
          {t('confirm.back')}
        </Button>
        <Button
          variant="contained"
          color={isProtected(environment) ? 'error' : 'primary'}
          disabled={!ready || request.busy}
          onClick={() => request.run(parts)}
        >
          {request.busy
            ? t('confirm.busy')
            : t(
                type === 'apply' ? 'request.submit' : 'request.submitRollback',
                {
                  count,
                  environment,
                },
              )}
        </Button>
      </DialogActions>
    </Dialog>
  );
};
