import Alert from '@mui/material/Alert';
import Button from '@mui/material/Button';
import { Migration } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useState } from 'react';
import { useNavigate } from 'react-router-dom';
import { useCommand } from '../../hooks/useCommand';
import { useHubClient, useIsProtected } from '../../hooks/useHub';
import { useText } from '../../hooks/useText';
import { useHubPaths } from '../../routes';
import { ActionButton } from '../ActionButton';
import { ConfirmDialog } from '../ConfirmDialog';
import { ErrorNotice, errorCode } from '../ErrorNotice';
import { PageTitle } from '../PageTitle';
import { ConflictView } from './ConflictView';
import { changesSql, draftOf, isChanged, patchBody, problemsOf } from './draft';
import { DraftForm } from './DraftForm';
import { useLeaveGuard } from './useLeaveGuard';
import { VoidWarning, useOpenRuns } from './VoidWarning';

const conflicts = ['STALE_VERSION', 'STALE_REVISION'];

/** @param migration - as it was read; what is saved is compared with it */
export const EditMigration = ({ migration }: { migration: Migration }) => {
  const t = useText();
  const paths = useHubPaths();
  const navigate = useNavigate();
  const client = useHubClient();
  const isProtected = useIsProtected();
  const [base, setBase] = useState(migration);
  const [draft, setDraft] = useState(() => draftOf(migration));
  const [theirs, setTheirs] = useState<Migration>();
  const [confirming, setConfirming] = useState(false);
  const openRuns = useOpenRuns(migration.id);

  const problems = problemsOf(draft);
  const changed = isChanged(draft, base);
  const newVersion = changesSql(draft, base) ? base.version + 1 : undefined;
  useLeaveGuard({ dirty: changed });

  const params = { id: migration.id };
  const save = useCommand(async () => {
    try {
      return await client.call('updateMigration', {
        params,
        body: {
          expectedVersion: base.version,
          expectedRevision: base.revision,
          ...patchBody(draft, base),
        },
      });
    } catch (error) {
      if (!conflicts.includes(errorCode(error as Error) ?? '')) throw error;
      setTheirs(await client.call('getMigration', { params }));
      return undefined;
    }
  });
  async function send() {
    const saved = await save.run();
    setConfirming(false);
    if (saved) navigate(paths.migration(migration.id));
  }

  const runs = openRuns.value ?? [];
  const voids = newVersion !== undefined && runs.length > 0;
  const label = newVersion
    ? t('editor.save', { version: String(newVersion) })
    : t('editor.saveFacts');
  const incomplete = Object.keys(problems).length > 0;

  return (
    <>
      <PageTitle
        title={t('editor.editTitle', { key: migration.key })}
        subtitle={migration.name}
      >
        <Button
          color="inherit"
          onClick={() => navigate(paths.migration(migration.id))}
        >
          {t('editor.cancel')}
        </Button>
        {changed && !incomplete && !save.busy ? (
          <ActionButton
            action="edit"
            of={migration}
            variant="contained"
            onClick={() => (voids ? setConfirming(true) : send())}
          >
            {label}
          </ActionButton>
        ) : (
          <Button variant="contained" disabled>
            {save.busy ? t('editor.saving') : label}
          </Button>
        )}
      </PageTitle>
      {save.error && <ErrorNotice error={save.error} />}
      {!changed && !theirs && (
        <Alert severity="info" sx={{ marginBottom: 2 }}>
          {t('editor.unchanged')}
        </Alert>
      )}
      {theirs && (
        <ConflictView
          theirs={theirs}
          draft={draft}
          onKeepMine={() => {
            setBase(theirs);
            setTheirs(undefined);
          }}
          onTakeTheirs={() => {
            setBase(theirs);
            setDraft(draftOf(theirs));
            setTheirs(undefined);
          }}
        />
      )}
      {newVersion !== undefined && (
        <VoidWarning migration={base} version={newVersion} runs={runs} />
      )}
      <DraftForm
        existing
        draft={draft}
        onChange={changes => setDraft(before => ({ ...before, ...changes }))}
        problems={problems}
      />
      <ConfirmDialog
        open={confirming}
        title={t('voids.confirmTitle', {
          version: String(newVersion),
          key: migration.key,
        })}
        consequence={
          <VoidWarning
            migration={base}
            version={newVersion ?? base.version}
            runs={runs}
          />
        }
        confirm={t('voids.confirm', { version: String(newVersion) })}
        color="warning"
        typeToConfirm={
          runs.some(({ environment }) => isProtected(environment))
            ? migration.key
            : undefined
        }
        busy={save.busy}
        error={save.error}
        onConfirm={send}
        onClose={() => setConfirming(false)}
      />
    </>
  );
};
