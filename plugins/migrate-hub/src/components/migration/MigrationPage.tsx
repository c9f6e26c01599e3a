import Alert from '@mui/material/Alert';
import { Migration } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useCallback, useState } from 'react';
import { useParams } from 'react-router-dom';
import { useHub, useHubClient } from '../../hooks/useHub';
import { Load, useLoad } from '../../hooks/useLoad';
import { usePolling } from '../../hooks/usePolling';
import { useText } from '../../hooks/useText';
import { RequestDialog, RequestStart } from '../request';
import { Loaded } from '../Section';
import { PageSkeleton } from '../Skeletons';
import { MigrationHeader } from './MigrationHeader';
import { MigrationTabs } from './MigrationTabs';
import { nextEnvironment } from './nextStep';
import { OlderOnTargets } from './OlderOnTargets';
import { Pipeline } from './Pipeline';

const REFRESH_MS = 8_000;

/** What is it, how far is it, what is next? */
export const MigrationPage = () => {
  const { id = '' } = useParams();
  const client = useHubClient();
  const migration = useLoad(
    useCallback(
      signal => client.call('getMigration', { params: { id }, signal }),
      [client, id],
    ),
  );
  usePolling(migration.reload, REFRESH_MS);

  return (
    <Loaded load={migration} skeleton={<PageSkeleton />}>
      {value => <MigrationView migration={value} load={migration} />}
    </Loaded>
  );
};

interface MigrationViewProps {
  migration: Migration;
  load: Load<Migration>;
}

function MigrationView({ migration, load }: MigrationViewProps) {
  const t = useText();
  const client = useHubClient();
  const { environments } = useHub();
  const [request, setRequest] = useState<RequestStart>();
  const runs = useLoad(
    useCallback(
      signal =>
        client.call('listRuns', {
          query: { migration: migration.id, limit: 50 },
          signal,
        }),
      [client, migration.id],
    ),
  );
  usePolling(runs.reload, REFRESH_MS);

  const reload = () => {
    load.reload();
    runs.reload();
  };
  return (
    <>
      <MigrationHeader
        migration={migration}
        onRequest={() =>
          setRequest({
            environment: nextEnvironment(
              migration,
              environments.map(({ name }) => name),
            ),
          })
        }
        onChanged={reload}
      />
      {migration.archived && (
        <Alert severity="info" sx={{ marginBottom: 2 }}>
          {t('migration.archivedNotice')}
        </Alert>
      )}
      <Pipeline
        migration={migration}
        runs={runs.value?.items ?? []}
        onRequest={setRequest}
      />
      <OlderOnTargets migration={migration} />
      <MigrationTabs migration={migration} />
      {request && (
        <RequestDialog
          migration={migration}
          start={request}
          onClose={() => setRequest(undefined)}
          onRequested={reload}
        />
      )}
    </>
  );
}
