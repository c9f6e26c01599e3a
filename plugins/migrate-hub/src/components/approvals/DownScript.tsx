import Typography from '@mui/material/Typography';
import { Run } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useCallback } from 'react';
import { useHubClient } from '../../hooks/useHub';
import { useLoad } from '../../hooks/useLoad';
import { useText } from '../../hooks/useText';
import { Loaded } from '../Section';
import { SqlView } from '../sql';
import { toneColor } from '../tones';

const DownOfVersion = ({ run }: { run: Run }) => {
  const t = useText();
  const hub = useHubClient();
  const { version } = run;
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
      {({ sqlDown }) =>
        sqlDown === undefined ? (
          <Typography
            variant="body2"
            sx={{ color: toneColor('red'), fontWeight: 600 }}
          >
            {t('approvals.undoMissing')}
          </Typography>
        ) : (
          <>
            <Typography variant="body2" gutterBottom>
              {t('approvals.undoBy')}
            </Typography>
            <SqlView
              label={t('approvals.downLabel')}
              sql={sqlDown}
              engine={run.engine}
            />
          </>
        )
      }
    </Loaded>
  );
};

/** How to undo it: the down script, or its absence in red. */
export const DownScript = ({ run }: { run: Run }) => {
  const t = useText();
  if (run.type === 'rollback') {
    return (
      <Typography variant="body2">{t('approvals.undoRollback')}</Typography>
    );
  }
  return <DownOfVersion run={run} />;
};
