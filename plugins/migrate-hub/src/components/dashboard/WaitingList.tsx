import { Link } from '@backstage/core-components';
import HelpOutline from '@mui/icons-material/HelpOutline';
import HowToReg from '@mui/icons-material/HowToReg';
import PlayArrow from '@mui/icons-material/PlayArrow';
import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import {
  Dashboard,
  RunSummary,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { ElementType } from 'react';
import { useText } from '../../hooks/useText';
import { useHubPaths } from '../../routes';
import { EmptyState } from '../EmptyState';
import { EnvironmentName } from '../EnvironmentName';
import { RelativeTime } from '../RelativeTime';
import { Tone, toneColor } from '../tones';

type Waiting = Dashboard['waitingForMe'][number];

const looks: Record<Waiting['kind'], { tone: Tone; Icon: ElementType }> = {
  approve: { tone: 'amber', Icon: HowToReg },
  execute: { tone: 'blue', Icon: PlayArrow },
  resolve: { tone: 'purple', Icon: HelpOutline },
};

/** "Approve auth-142 on 12 targets in prd": the act and its object. */
function useActText() {
  const t = useText();
  return (kind: Waiting['kind'], run: RunSummary): string => {
    const text = t(`dashboard.${kind}`, {
      key: run.migration.key,
      environment: run.environment,
      targets: t('dashboard.targets', { count: run.itemCounts.total }),
    });
    return run.type === 'rollback'
      ? `${text} (${t('runType.rollback')})`
      : text;
  };
}

/** What only I, or somebody like me, can move on. */
export const WaitingList = ({ waiting }: { waiting: Waiting[] }) => {
  const t = useText();
  const paths = useHubPaths();
  const actText = useActText();
  if (waiting.length === 0) {
    return (
      <EmptyState title={t('dashboard.waitingEmpty')}>
        {t('dashboard.waitingEmptyHelp')}
      </EmptyState>
    );
  }
  return (
    <Box component="ul" sx={{ listStyle: 'none', margin: 0, padding: 0 }}>
      {waiting.map(({ kind, run, item, since }) => {
        const { tone, Icon } = looks[kind];
        return (
          <Box
            component="li"
            key={`${kind} ${item ?? run.id}`}
            sx={{
              display: 'grid',
              gridTemplateColumns: 'auto 1fr auto',
              columnGap: 1.5,
              alignItems: 'center',
              paddingY: 1,
              borderTop: 1,
              borderColor: 'divider',
              '&:first-of-type': { borderTop: 0 },
            }}
          >
            <Box sx={{ color: toneColor(tone), display: 'flex' }}>
              <Icon aria-hidden />
            </Box>
            <Box sx={{ minWidth: 0 }}>
              <Link to={paths.run(run.id)}>
                <b>{actText(kind, run)}</b>
              </Link>
              <Typography
                variant="body2"
                color="text.secondary"
                sx={{ overflow: 'hidden', textOverflow: 'ellipsis' }}
              >
                {run.migration.name}
                {' · '}
                {t('dashboard.requestedBy', { name: run.requestedBy.name })}
                {', '}
                <RelativeTime at={since} />
                {run.reason && ` · “${run.reason}”`}
              </Typography>
            </Box>
            <EnvironmentName name={run.environment} />
          </Box>
        );
      })}
    </Box>
  );
};
