import { useTranslationRef } from '@backstage/frontend-plugin-api';
import HelpOutline from '@mui/icons-material/HelpOutline';
import Box from '@mui/material/Box';
import Table from '@mui/material/Table';
import TableBody from '@mui/material/TableBody';
import TableCell from '@mui/material/TableCell';
import TableContainer from '@mui/material/TableContainer';
import TableHead from '@mui/material/TableHead';
import TableRow from '@mui/material/TableRow';
import Typography from '@mui/material/Typography';
import {
  ItemCounts,
  RunSummary,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { migrateHubTranslationRef } from '../../translation';
import { EnvironmentName } from '../EnvironmentName';
import { RelativeTime } from '../RelativeTime';
import { StatusBadge } from '../StatusBadge';

/** "2 of 3", and in purple what needs a person. */
const Progress = ({ counts }: { counts: ItemCounts }) => {
  const { t } = useTranslationRef(migrateHubTranslationRef);
  const done = counts.executed + counts.skipped;
  return (
    <>
      {t('runs.done', { done: String(done), total: String(counts.total) })}
      {counts.unknown > 0 && (
        <Box
          component="span"
          sx={{
            color: 'secondary.main',
            display: 'inline-flex',
            alignItems: 'center',
            gap: 0.5,
            marginLeft: 1,
          }}
        >
          <HelpOutline fontSize="inherit" aria-hidden />
          {t('runs.unknown', { targets: String(counts.unknown) })}
        </Box>
      )}
    </>
  );
};

interface RunTableProps {
  runs: RunSummary[];
  /** What to say without any. */
  empty: string;
}

/** What runs or ran, where, and how far it is. */
export const RunTable = ({ runs, empty }: RunTableProps) => {
  const { t } = useTranslationRef(migrateHubTranslationRef);
  if (runs.length === 0) return <Typography>{empty}</Typography>;
  return (
    <TableContainer>
      <Table size="small">
        <TableHead>
          <TableRow>
            <TableCell>{t('runs.migration')}</TableCell>
            <TableCell>{t('runs.environment')}</TableCell>
            <TableCell>{t('runs.status')}</TableCell>
            <TableCell>{t('runs.targets')}</TableCell>
            <TableCell>{t('runs.requested')}</TableCell>
          </TableRow>
        </TableHead>
        <TableBody>
          {runs.map(run => (
            <TableRow key={run.id}>
              <TableCell component="th" scope="row">
                <code>{run.migration.key}</code>{' '}
                {run.type === 'rollback' && t('runs.rollback')}
              </TableCell>
              <TableCell>
                <EnvironmentName name={run.environment} />
              </TableCell>
              <TableCell>
                <StatusBadge status={run.status} />
              </TableCell>
              <TableCell>
                <Progress counts={run.itemCounts} />
              </TableCell>
              <TableCell>
                <RelativeTime at={run.createdAt} />{' '}
                {t('runs.by', { name: run.requestedBy.name })}
              </TableCell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </TableContainer>
  );
};
