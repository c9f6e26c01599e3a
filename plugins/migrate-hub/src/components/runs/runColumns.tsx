import Typography from '@mui/material/Typography';
import { RunSummary } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useText } from '../../hooks/useText';
import { HubPaths } from '../../routes';
import { Duration } from '../Duration';
import { EnvironmentName } from '../EnvironmentName';
import { ItemProgress } from '../ItemProgress';
import { MigrationName } from '../MigrationName';
import { Column } from '../PagedTable';
import { RelativeTime } from '../RelativeTime';
import { StatusBadge } from '../StatusBadge';
import { RunMarks } from './RunMarks';

interface ColumnOptions {
  t: ReturnType<typeof useText>;
  /** Where the row leads. */
  to: HubPaths['run'];
}

const migration = ({ t, to }: ColumnOptions): Column<RunSummary> => ({
  id: 'migration',
  header: t('runList.migration'),
  rowHeader: true,
  cell: run => (
    <>
      <MigrationName
        to={to(run.id)}
        migration={run.migration}
        beside={run.type === 'rollback' && t('runList.type.rollback')}
      />
      <RunMarks run={run} />
    </>
  ),
});

const environment = ({ t }: ColumnOptions): Column<RunSummary> => ({
  id: 'environment',
  header: t('runList.environment'),
  cell: run => <EnvironmentName name={run.environment} />,
});

const asked = ({ t }: ColumnOptions): Column<RunSummary> => ({
  id: 'asked',
  header: t('runList.requested'),
  noWrap: true,
  cell: run => (
    <>
      <RelativeTime at={run.createdAt} />
      <Typography variant="caption" component="div" color="text.secondary">
        {t('runList.by', { name: run.requestedBy.name })}
      </Typography>
    </>
  ),
});

/** What ran, where, how did it end? */
export const runColumns = (options: ColumnOptions): Column<RunSummary>[] => [
  migration(options),
  environment(options),
  {
    id: 'status',
    header: options.t('runList.status'),
    cell: run => <StatusBadge status={run.status} />,
  },
  {
    id: 'targets',
    header: options.t('runList.targets'),
    cell: run => <ItemProgress counts={run.itemCounts} />,
  },
  {
    id: 'took',
    header: options.t('runList.took'),
    noWrap: true,
    cell: run => <Duration from={run.startedAt} to={run.finishedAt} />,
  },
  asked(options),
];

/** What waits, where, since when and for which reason? */
export const waitingColumns = (
  options: ColumnOptions & { status?: true },
): Column<RunSummary>[] => [
  migration(options),
  environment(options),
  ...(options.status ? [runColumns(options)[2]] : []),
  {
    id: 'targets',
    header: options.t('runList.targets'),
    align: 'right',
    cell: run => run.itemCounts.total,
  },
  {
    id: 'reason',
    header: options.t('runList.reason'),
    cell: run => run.reason ?? '–',
  },
  asked(options),
];
