import Typography from '@mui/material/Typography';
import { Run } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useCallback } from 'react';
import { useHubClient } from '../../hooks/useHub';
import { useLoad } from '../../hooks/useLoad';
import { useText } from '../../hooks/useText';
import { Loaded } from '../Section';
import { SqlDiff } from '../sql';

const Difference = ({ run, version }: { run: Run; version: number }) => {
  const t = useText();
  const hub = useHubClient();
  const { id } = run.migration;
  const load = useLoad(
    useCallback(
      signal =>
        hub.call('getMigrationVersion', { params: { id, version }, signal }),
      [hub, id, version],
    ),
  );
  return (
    <Loaded load={load}>
      {({ sqlUp, sqlDown }) => (
        <SqlDiff
          before={(run.type === 'rollback' ? sqlDown : sqlUp) ?? ''}
          after={run.sql}
          beforeLabel={t('approvals.versionLabel', {
            version: String(version),
          })}
          afterLabel={t('approvals.versionLabel', {
            version: String(run.version),
          })}
          engine={run.engine}
        />
      )}
    </Loaded>
  );
};

/** The difference to the version that ran in this environment, or was approved there, before. */
export const EarlierVersion = ({ run }: { run: Run }) => {
  const t = useText();
  const { executedVersion, approvedVersion } = run.comparison;
  const version = executedVersion ?? approvedVersion;
  if (version === undefined) {
    return (
      <Typography variant="body2">{t('approvals.differenceNone')}</Typography>
    );
  }
  if (version === run.version) {
    return (
      <Typography variant="body2">{t('approvals.differenceSame')}</Typography>
    );
  }
  return (
    <>
      <Typography variant="body2" gutterBottom>
        {t(
          executedVersion === undefined
            ? 'approvals.differenceApproved'
            : 'approvals.differenceExecuted',
          { version: String(version) },
        )}
      </Typography>
      <Difference run={run} version={version} />
    </>
  );
};
