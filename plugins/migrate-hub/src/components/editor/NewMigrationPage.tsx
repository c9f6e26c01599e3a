import Button from '@mui/material/Button';
import { useRef, useState } from 'react';
import { useNavigate, useSearchParams } from 'react-router-dom';
import { useCommand } from '../../hooks/useCommand';
import { useHubClient } from '../../hooks/useHub';
import { useText } from '../../hooks/useText';
import { useHubPaths } from '../../routes';
import { ErrorNotice } from '../ErrorNotice';
import { PageTitle } from '../PageTitle';
import { Draft, createBody, emptyDraft, problemsOf } from './draft';
import { DraftForm } from './DraftForm';
import { useLeaveGuard } from './useLeaveGuard';

/** A new migration: its facts, up and down, with the analysis as you type. */
export const NewMigrationPage = () => {
  const t = useText();
  const paths = useHubPaths();
  const navigate = useNavigate();
  const client = useHubClient();
  const [params] = useSearchParams();
  const [draft, setDraft] = useState<Draft>({
    ...emptyDraft,
    project: params.get('project') ?? '',
  });
  const [tried, setTried] = useState(false);
  useLeaveGuard({ dirty: draft.sqlUp !== '' || draft.name !== '' });

  // Sending again after a lost answer must not find its own key taken.
  const attempt = useRef({ key: crypto.randomUUID(), body: '' });
  const create = useCommand(() => {
    const body = createBody(draft);
    const text = JSON.stringify(body);
    if (attempt.current.body !== text) {
      attempt.current = { key: crypto.randomUUID(), body: text };
    }
    return client.call('createMigration', {
      body,
      idempotencyKey: attempt.current.key,
    });
  });

  const problems = problemsOf(draft);
  async function save() {
    setTried(true);
    if (Object.keys(problems).length > 0) return;
    const migration = await create.run();
    if (migration) navigate(paths.migration(migration.id));
  }

  return (
    <>
      <PageTitle title={t('editor.newTitle')}>
        <Button color="inherit" onClick={() => navigate(paths.migrations)}>
          {t('editor.cancel')}
        </Button>
        <Button variant="contained" onClick={save} disabled={create.busy}>
          {create.busy ? t('editor.saving') : t('editor.createPlain')}
        </Button>
      </PageTitle>
      {create.error && <ErrorNotice error={create.error} />}
      <DraftForm
        draft={draft}
        onChange={changes => setDraft(before => ({ ...before, ...changes }))}
        problems={tried ? problems : formatOnly(problems)}
      />
    </>
  );
};

/** Before the first attempt to save, nothing is missing yet. */
function formatOnly(problems: ReturnType<typeof problemsOf>) {
  return Object.fromEntries(
    Object.entries(problems).filter(([, problem]) => problem !== 'required'),
  );
}
