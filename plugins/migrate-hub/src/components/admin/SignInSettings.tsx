import Alert from '@mui/material/Alert';
import Button from '@mui/material/Button';
import Stack from '@mui/material/Stack';
import { AuthSettings } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useCallback, useMemo, useState } from 'react';
import { useCommand } from '../../hooks/useCommand';
import { useHubClient } from '../../hooks/useHub';
import { useLoad } from '../../hooks/useLoad';
import { useText } from '../../hooks/useText';
import { ConfirmDialog } from '../ConfirmDialog';
import { errorCode } from '../ErrorNotice';
import { Loaded } from '../Section';
import { changesOf, draftOf, policyOf } from './signInDraft';
import { SignInFields } from './SignInFields';
import { useSignInWords } from './useSignInWords';

interface SettingsFormProps {
  settings: AuthSettings;
  /** Saved, or changed by somebody else: read again. */
  onChanged: () => void;
}

const SettingsForm = ({ settings, onChanged }: SettingsFormProps) => {
  const t = useText();
  const hub = useHubClient();
  const words = useSignInWords();
  const [draft, setDraft] = useState(() => draftOf(settings));
  const [asking, setAsking] = useState(false);
  const policy = useMemo(() => policyOf(draft), [draft]);
  const changes = changesOf(settings, policy);
  const save = useCommand(() =>
    hub.call('updateAuthSettings', {
      body: { ...policy, expectedRevision: settings.revision },
    }),
  );
  function close() {
    setAsking(false);
    if (errorCode(save.error) === 'STALE_REVISION') onChanged();
  }

  return (
    <Stack spacing={2} maxWidth="80ch">
      {settings.localForced && (
        <Alert severity="warning">{t('signIn.forced')}</Alert>
      )}
      <SignInFields draft={draft} error={save.error} onChange={setDraft} />
      <Stack direction="row" spacing={1} alignItems="center">
        <Button
          variant="contained"
          disabled={changes.length === 0}
          onClick={() => {
            save.reset();
            setAsking(true);
          }}
        >
          {t('signIn.save')}
        </Button>
        <Button
          color="inherit"
          disabled={changes.length === 0}
          onClick={() => setDraft(draftOf(settings))}
        >
          {t('signIn.discard')}
        </Button>
      </Stack>
      <ConfirmDialog
        open={asking}
        title={t('signIn.saveTitle')}
        consequence={
          <ul>
            {changes.map(change => (
              <li key={change.name}>{words(change)}</li>
            ))}
          </ul>
        }
        confirm={t('signIn.save')}
        busy={save.busy}
        error={save.error}
        onConfirm={async () => {
          if (!(await save.run())) return;
          setAsking(false);
          onChanged();
        }}
        onClose={close}
      />
    </Stack>
  );
};

/** Who may sign in, and how. */
export const SignInSettings = () => {
  const hub = useHubClient();
  const settings = useLoad(
    useCallback(signal => hub.call('getAuthSettings', { signal }), [hub]),
  );
  return (
    <Loaded load={settings}>
      {value => (
        <SettingsForm
          key={value.revision}
          settings={value}
          onChanged={settings.reload}
        />
      )}
    </Loaded>
  );
};
