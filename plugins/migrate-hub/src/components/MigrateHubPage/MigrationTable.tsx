import { useTranslationRef } from '@backstage/frontend-plugin-api';
import Table from '@mui/material/Table';
import TableBody from '@mui/material/TableBody';
import TableCell from '@mui/material/TableCell';
import TableContainer from '@mui/material/TableContainer';
import TableHead from '@mui/material/TableHead';
import TableRow from '@mui/material/TableRow';
import Typography from '@mui/material/Typography';
import {
  Environment,
  MigrationSummary,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { migrateHubTranslationRef } from '../../translation';
import { EnvironmentName } from '../EnvironmentName';
import { RelativeTime } from '../RelativeTime';
import { StatusBadge } from '../StatusBadge';

interface StateOfProps {
  migration: MigrationSummary;
  environment: string;
}

/** `executed_prd` reads as "executed"; with "2 of 3" on the way there. */
const StateOf = ({ migration, environment }: StateOfProps) => {
  const { t } = useTranslationRef(migrateHubTranslationRef);
  const state = migration.states[environment] ?? 'draft';
  const counts = migration.stateCounts[environment];
  const underWay =
    counts && counts.executed > 0 && counts.executed < counts.total;
  return (
    <>
      <StatusBadge status={state.replace(new RegExp(`_${environment}$`), '')} />
      {underWay && (
        <Typography variant="caption" component="div">
          {t('runs.done', {
            done: String(counts.executed),
            total: String(counts.total),
          })}
        </Typography>
      )}
    </>
  );
};

interface MigrationTableProps {
  migrations: MigrationSummary[];
  /** In order; a column each. */
  environments: Environment[];
  /** The server has more than these. */
  more?: boolean;
}

/** Where each change stands. */
export const MigrationTable = (props: MigrationTableProps) => {
  const { migrations, environments, more } = props;
  const { t } = useTranslationRef(migrateHubTranslationRef);
  if (migrations.length === 0) {
    return <Typography>{t('migrations.empty')}</Typography>;
  }
  return (
    <TableContainer>
      <Table size="small" aria-label={t('migrations.title')}>
        <TableHead>
          <TableRow>
            <TableCell>{t('migrations.key')}</TableCell>
            <TableCell>{t('migrations.name')}</TableCell>
            <TableCell>{t('migrations.project')}</TableCell>
            {environments.map(({ name }) => (
              <TableCell key={name}>
                <EnvironmentName name={name} />
              </TableCell>
            ))}
            <TableCell>{t('migrations.updated')}</TableCell>
          </TableRow>
        </TableHead>
        <TableBody>
          {migrations.map(migration => (
            <TableRow key={migration.id}>
              <TableCell component="th" scope="row">
                <code>{migration.key}</code>
              </TableCell>
              <TableCell>{migration.name}</TableCell>
              <TableCell>{migration.project}</TableCell>
              {environments.map(({ name }) => (
                <TableCell key={name}>
                  <StateOf migration={migration} environment={name} />
                </TableCell>
              ))}
              <TableCell>
                <RelativeTime at={migration.updatedAt} />
              </TableCell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
      {more && (
        <Typography variant="caption">
          {t('migrations.more', { shown: String(migrations.length) })}
        </Typography>
      )}
    </TableContainer>
  );
};
