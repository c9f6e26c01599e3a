import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Stack from '@mui/material/Stack';
import Typography from '@mui/material/Typography';
import {
  EnvironmentPolicy,
  EnvironmentSettings,
  PolicyField,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useMemo, useState } from 'react';
import { useCommand } from '../../hooks/useCommand';
import { useHubClient } from '../../hooks/useHub';
import { useText } from '../../hooks/useText';
import { ConfirmDialog } from '../ConfirmDialog';
import { useLeaveGuard } from '../editor/useLeaveGuard';
import { errorCode } from '../ErrorNotice';
import { PolicyChanges } from './PolicyChanges';
import { draftOf, readDraft } from './policyDraft';
import { PolicyFields } from './PolicyFields';
import { PolicyPreview } from './PolicyPreview';
import { usePolicyErrors } from './usePolicyErrors';
import { usePolicyPreview } from './usePolicyPreview';

interface PolicyFormProps {
  settings: EnvironmentSettings;
  onSaved: () => void;
  /** Somebody else changed it: what is typed stays, what it is compared with is read anew. */
  onStale: () => void;
  onClose: () => void;
}

/** Changes the policy of an environment, and says before what that comes to. */
export const PolicyForm = (props: PolicyFormProps) => {
  const { settings, onSaved, onStale, onClose } = props;
  const { name, policy, floorRules, proposal, revision } = settings;
  const t = useText();
  const hub = useHubClient();
  const [draft, setDraft] = useState(() => draftOf(policy));
  const [asking, setAsking] = useState(false);
  const read = useMemo(() => readDraft(draft), [draft]);
  const preview = usePolicyPreview(name, read.data);
  const save = useCommand((next: EnvironmentPolicy, reason?: string) =>
    hub.call('updateEnvironmentSettings', {
      params: { name },
      body: { policy: next, expectedRevision: revision, reason },
    }),
  );
  const errors = usePolicyErrors({
    issues: read.error?.issues ?? [],
    belowFloor: (read.success && preview.value?.belowFloor) || [],
    refused: [save.error, preview.error],
  });

  const found = read.success && !preview.loading ? preview.value : undefined;
  const changes = found?.changes ?? [];
  const second = found?.needsSecondAdmin ?? false;
  // What is not proved is replaced, also by what holds already.
  const worthIt = changes.length > 0 || settings.unproved;
  const ready = worthIt && found?.belowFloor.length === 0;
  const act = t(second ? 'policyForm.propose' : 'policyForm.save', { name });
  useLeaveGuard({ dirty: changes.length > 0 });

  function floor(field: PolicyField): string | undefined {
    const rule = floorRules.find(one => one.field === field)?.text;
    return rule && t('policy.floor', { rule });
  }

  return (
    <>
      <Typography component="h3" sx={{ fontSize: '1.25rem', fontWeight: 600 }}>
        {t('policyForm.title', { name })}
      </Typography>
      <Box
        sx={{
          display: 'grid',
          gridTemplateColumns: {
            xs: 'minmax(0, 1fr)',
            lg: 'minmax(0, 3fr) minmax(0, 2fr)',
          },
          gap: 2,
          alignItems: 'start',
        }}
      >
        <PolicyFields
          environment={name}
          draft={draft}
          errors={errors}
          floor={floor}
          onChange={changed => setDraft({ ...draft, ...changed })}
        />
        <Stack spacing={2} sx={{ position: { lg: 'sticky' }, top: 16 }}>
          <PolicyPreview load={preview} valid={read.success} />
          <Stack direction="row" spacing={1}>
            <Button
              variant="contained"
              color={second ? 'warning' : 'primary'}
              disabled={!ready}
              onClick={() => {
                save.reset();
                setAsking(true);
              }}
            >
              {act}
            </Button>
            <Button color="inherit" onClick={onClose}>
              {t('policyForm.discard')}
            </Button>
          </Stack>
        </Stack>
      </Box>
      <ConfirmDialog
        open={asking}
        title={t(second ? 'policyForm.proposeTitle' : 'policyForm.saveTitle', {
          name,
        })}
        consequence={
          <>
            <PolicyChanges changes={changes} />
            {second && <p>{t('policyForm.second')}</p>}
            {proposal && (
              <p>{t(second ? 'policyForm.replaces' : 'policyForm.drops')}</p>
            )}
          </>
        }
        confirm={act}
        typeToConfirm={settings.protected ? name : undefined}
        comment={{
          label: t('policyForm.reason'),
          required: second || undefined,
        }}
        busy={save.busy}
        error={save.error}
        onConfirm={async reason => {
          if (!read.data || !(await save.run(read.data, reason))) return;
          onSaved();
        }}
        onClose={() => {
          setAsking(false);
          if (errorCode(save.error) === 'STALE_REVISION') onStale();
        }}
      />
    </>
  );
};
