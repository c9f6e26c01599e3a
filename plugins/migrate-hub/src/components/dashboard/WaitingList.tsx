import { Link } from '@backstage/core-components';
import DoubleArrow from '@mui/icons-material/DoubleArrow';
import HelpOutline from '@mui/icons-material/HelpOutline';
import HowToReg from '@mui/icons-material/HowToReg';
import PlayArrow from '@mui/icons-material/PlayArrow';
import PolicyOutlined from '@mui/icons-material/PolicyOutlined';
import ReportOutlined from '@mui/icons-material/ReportOutlined';
import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import {
  Dashboard,
  RunSummary,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { ElementType, ReactNode } from 'react';
import { useText } from '../../hooks/useText';
import { useHubPaths } from '../../routes';
import { clamped } from '../clamped';
import { EmptyState } from '../EmptyState';
import { EnvironmentName } from '../EnvironmentName';
import { RelativeTime } from '../RelativeTime';
import { Tone, toneColor } from '../tones';

type Waiting = Dashboard['waitingForMe'][number];
type Kind = Waiting['kind'] | 'confirmProposal';

const looks: Record<Kind, { tone: Tone; Icon: ElementType }> = {
  approve: { tone: 'amber', Icon: HowToReg },
  execute: { tone: 'blue', Icon: PlayArrow },
  continue: { tone: 'blue', Icon: DoubleArrow },
  confirmBreakGlass: { tone: 'red', Icon: ReportOutlined },
  confirmProposal: { tone: 'amber', Icon: PolicyOutlined },
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

interface EntryProps {
  kind: Kind;
  to: string;
  act: string;
  environment: string;
  children: ReactNode;
}

const Entry = ({ kind, to, act, environment, children }: EntryProps) => {
  const { tone, Icon } = looks[kind];
  return (
    <Box
      component="li"
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
      <Box sx={{ minWidth: 0, lineHeight: 1.43 }}>
        <Link to={to}>
          <b>{act}</b>
        </Link>
        <Typography
          variant="body2"
          color="text.secondary"
          sx={{ ...clamped, overflowWrap: 'anywhere' }}
        >
          {children}
        </Typography>
      </Box>
      <EnvironmentName name={environment} />
    </Box>
  );
};

/** How much waits for me. */
export const countWaiting = (
  dashboard: Pick<Dashboard, 'waitingForMe' | 'proposalsForMe'>,
): number => dashboard.waitingForMe.length + dashboard.proposalsForMe.length;

interface WaitingListProps {
  waiting: Dashboard['waitingForMe'];
  proposals: Dashboard['proposalsForMe'];
}

/** What only I, or somebody like me, can move on. */
export const WaitingList = ({ waiting, proposals }: WaitingListProps) => {
  const t = useText();
  const paths = useHubPaths();
  const actText = useActText();
  if (waiting.length + proposals.length === 0) {
    return (
      <EmptyState title={t('dashboard.waitingEmpty')}>
        {t('dashboard.waitingEmptyHelp')}
      </EmptyState>
    );
  }
  return (
    <Box component="ul" sx={{ listStyle: 'none', margin: 0, padding: 0 }}>
      {waiting.map(({ kind, run, item, since }) => (
        <Entry
          key={`${kind} ${item ?? run.id}`}
          kind={kind}
          to={paths.run(run.id)}
          act={actText(kind, run)}
          environment={run.environment}
        >
          {run.migration.name}
          {' · '}
          {kind === 'confirmBreakGlass' && run.breakGlass
            ? t('dashboard.requestedBy', {
                name: run.breakGlass.requestedBy.name,
              })
            : t('dashboard.requestedBy', { name: run.requestedBy.name })}
          {', '}
          <RelativeTime at={since} />
          {kind === 'confirmBreakGlass'
            ? ` · “${run.breakGlass?.reason}”`
            : run.reason && ` · “${run.reason}”`}
        </Entry>
      ))}
      {proposals.map(proposal => (
        <Entry
          key={proposal.environment}
          kind="confirmProposal"
          to={`${paths.admin}?view=policies&policy=${proposal.environment}`}
          act={t('dashboard.confirmProposal', {
            environment: proposal.environment,
          })}
          environment={proposal.environment}
        >
          {t('dashboard.proposedBy', { name: proposal.proposedBy.name })}
          {', '}
          <RelativeTime at={proposal.since} />
          {proposal.reason && ` · “${proposal.reason}”`}
        </Entry>
      ))}
    </Box>
  );
};
