import { Link } from '@backstage/core-components';
import Alert from '@mui/material/Alert';
import AlertTitle from '@mui/material/AlertTitle';
import Box from '@mui/material/Box';
import {
  Migration,
  RunSummary,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useCallback } from 'react';
import { useHubClient } from '../../hooks/useHub';
import { useLoad } from '../../hooks/useLoad';
import { usePolling } from '../../hooks/usePolling';
import { useText } from '../../hooks/useText';
import { useHubPaths } from '../../routes';
import { EnvironmentName } from '../EnvironmentName';
import { StatusBadge } from '../StatusBadge';

const REFRESH_MS = 10_000;

/** Apply runs of a migration that wait or are approved: those that an edit sends back. */
export function useOpenRuns(migration: string) {
  const client = useHubClient();
  const runs = useLoad(
    useCallback(
      async (signal: AbortSignal) => {
        const page = await client.call('listRuns', {
          query: {
            migration,
            type: 'apply',
            status: ['awaiting_approval', 'approved'],
            limit: 50,
          },
          signal,
        });
        return page.items;
      },
      [client, migration],
    ),
  );
  usePolling(runs.reload, REFRESH_MS);
  return runs;
}

interface VoidWarningProps {
  migration: Migration;
  /** The version that saving makes. */
  version: number;
  runs: RunSummary[];
}

/** What saving undoes: approvals of open runs, and where older SQL stays behind. */
export const VoidWarning = ({ migration, version, runs }: VoidWarningProps) => {
  const t = useText();
  const paths = useHubPaths();
  const behind = [
    ...new Set(
      Object.entries(migration.stateCounts)
        .filter(([, { executed }]) => executed > 0)
        .map(([environment]) => environment),
    ),
  ];
  if (runs.length === 0 && behind.length === 0) return null;
  return (
    <Alert severity="warning" sx={{ marginBottom: 2 }}>
      {runs.length > 0 && (
        <>
          <AlertTitle>{t('voids.title', { count: runs.length })}</AlertTitle>
          {t('voids.text', { version: String(version) })}
          <Box component="ul" sx={{ margin: 0, paddingLeft: 2.5 }}>
            {runs.map(run => (
              <li key={run.id}>
                <Link to={paths.run(run.id)}>
                  <EnvironmentName name={run.environment} />
                </Link>{' '}
                <StatusBadge status={run.status} variant="text" />
                {' · '}
                {run.status === 'approved'
                  ? t('voids.approved')
                  : t('voids.awaiting')}
              </li>
            ))}
          </Box>
        </>
      )}
      {behind.length > 0 && (
        <div>{t('voids.older', { environments: behind.join(', ') })}</div>
      )}
    </Alert>
  );
};
