import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import {
  Engine,
  Migration,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { ReactNode } from 'react';
import { ANALYSED_WHILE_TYPING, useAnalysis } from '../../hooks/useAnalysis';
import { useProjectEngines } from '../../hooks/useProjectEngines';
import { useText } from '../../hooks/useText';
import { EngineAnalyses } from '../analysis';
import { Checksum } from '../Checksum';
import { RelativeTime } from '../RelativeTime';
import { Loaded, Panel } from '../Section';
import { toneColor } from '../tones';
import type { MigrationTabProps } from './MigrationTabs';

/** What it does, and how it would be run. */
export const OverviewTab = ({ migration }: MigrationTabProps) => {
  const t = useText();
  const engines = useProjectEngines(migration.project);

  return (
    <Box
      sx={{
        display: 'grid',
        gridTemplateColumns: {
          xs: 'minmax(0, 1fr)',
          lg: 'minmax(0, 8fr) minmax(0, 4fr)',
        },
        gap: 2,
        alignItems: 'start',
      }}
    >
      <Box sx={{ display: 'grid', gap: 2 }}>
        <Panel title={t('overview.description')}>
          <Typography
            sx={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}
            color={migration.description ? undefined : 'text.secondary'}
          >
            {migration.description ?? t('overview.noDescription')}
          </Typography>
        </Panel>
        <Panel title={t('overview.statements')}>
          <Loaded load={engines}>
            {found => <Statements migration={migration} engines={found} />}
          </Loaded>
        </Panel>
      </Box>
      <Panel title={t('overview.facts')}>
        <Facts migration={migration} />
      </Panel>
    </Box>
  );
};

const byDefault: Engine[] = ['postgres'];

interface StatementsProps {
  migration: Migration;
  engines: Engine[];
}

function Statements({ migration, engines }: StatementsProps) {
  const t = useText();
  const analyses = useAnalysis({
    engines: engines.length > 0 ? engines : byDefault,
    sql: migration.sqlUp,
    mode: migration.transactionMode,
  });
  if (migration.sqlUp.length > ANALYSED_WHILE_TYPING) {
    return <Typography>{t('overview.large')}</Typography>;
  }
  return (
    <>
      {engines.length === 0 && (
        <Typography variant="body2" color="text.secondary">
          {t('analysis.noTargets')}
        </Typography>
      )}
      <Loaded load={analyses}>
        {value => <EngineAnalyses analyses={value} />}
      </Loaded>
    </>
  );
}

function Facts({ migration }: MigrationTabProps) {
  const t = useText();
  const facts: [string, ReactNode][] = [
    [t('overview.mode'), t(`mode.${migration.transactionMode}`)],
    [
      t('overview.checksum'),
      <Checksum key="up" value={migration.checksumUp} />,
    ],
    [
      t('overview.down'),
      migration.checksumDown ? (
        <Checksum key="down" value={migration.checksumDown} />
      ) : (
        <Box key="down" component="span" sx={{ color: toneColor('red') }}>
          {t('overview.noDown')}
        </Box>
      ),
    ],
    [
      t('overview.created'),
      <span key="created">
        <RelativeTime at={migration.createdAt} />
        {', '}
        {migration.createdBy.name}
      </span>,
    ],
    [
      t('overview.updated'),
      <span key="updated">
        <RelativeTime at={migration.updatedAt} />
        {', '}
        {migration.updatedBy.name}
      </span>,
    ],
  ];
  return (
    <Box
      component="dl"
      sx={{
        display: 'grid',
        gridTemplateColumns: 'max-content 1fr',
        columnGap: 2,
        rowGap: 1,
        margin: 0,
        '& dd': { margin: 0 },
      }}
    >
      {facts.map(([name, value]) => (
        <Box key={name} sx={{ display: 'contents' }}>
          <Typography component="dt" variant="body2" color="text.secondary">
            {name}
          </Typography>
          <Typography component="dd" variant="body2">
            {value}
          </Typography>
        </Box>
      ))}
    </Box>
  );
}
