import Box from '@mui/material/Box';
import MenuItem from '@mui/material/MenuItem';
import Table from '@mui/material/Table';
import TableBody from '@mui/material/TableBody';
import TableCell from '@mui/material/TableCell';
import TableContainer from '@mui/material/TableContainer';
import TableHead from '@mui/material/TableHead';
import TableRow from '@mui/material/TableRow';
import TextField from '@mui/material/TextField';
import Typography from '@mui/material/Typography';
import { MigrationVersion } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useCallback } from 'react';
import { useFilters } from '../../hooks/useFilters';
import { useHubClient } from '../../hooks/useHub';
import { useLoad } from '../../hooks/useLoad';
import { useText } from '../../hooks/useText';
import { Checksum } from '../Checksum';
import { RelativeTime } from '../RelativeTime';
import { Loaded, Panel } from '../Section';
import type { MigrationTabProps } from './MigrationTabs';
import { VersionDiff } from './VersionDiff';

const filterNames = ['from', 'to'] as const;

/** The versions, newest first, and what differs between any two. */
export const VersionsTab = ({ migration }: MigrationTabProps) => {
  const client = useHubClient();
  const { id, version } = migration;
  const versions = useLoad(
    useCallback(
      async (signal: AbortSignal) => {
        const page = await client.call('listMigrationVersions', {
          params: { id },
          signal,
        });
        return { newest: version, items: page.items };
      },
      [client, id, version],
    ),
  );
  return (
    <Loaded load={versions}>
      {({ items }) => (
        <Box sx={{ display: 'grid', gap: 2 }}>
          <Comparison id={id} versions={items} />
          <VersionTable versions={items} current={version} />
        </Box>
      )}
    </Loaded>
  );
};

interface ComparisonProps {
  id: string;
  versions: MigrationVersion[];
}

function Comparison({ id, versions }: ComparisonProps) {
  const t = useText();
  const { values, set } = useFilters(filterNames);
  if (versions.length < 2) {
    return <Typography color="text.secondary">{t('versions.only')}</Typography>;
  }
  const numbers = versions.map(({ version }) => version);
  const chosen = (value: string | undefined, otherwise: number) =>
    numbers.find(number => String(number) === value) ?? otherwise;
  const from = chosen(values.from, numbers[1]);
  const to = chosen(values.to, numbers[0]);

  return (
    <Panel
      title={t('versions.diff')}
      aside={
        <Box sx={{ display: 'flex', gap: 1 }}>
          {(['from', 'to'] as const).map(name => (
            <TextField
              key={name}
              select
              size="small"
              label={t(name === 'from' ? 'versions.before' : 'versions.after')}
              value={name === 'from' ? from : to}
              onChange={event => set({ [name]: event.target.value })}
              sx={{ minWidth: 130 }}
            >
              {numbers.map(number => (
                <MenuItem key={number} value={number}>
                  {t('versions.number', { version: String(number) })}
                </MenuItem>
              ))}
            </TextField>
          ))}
        </Box>
      }
    >
      <VersionDiff id={id} from={from} to={to} />
    </Panel>
  );
}

interface VersionTableProps {
  versions: MigrationVersion[];
  current: number;
}

function VersionTable({ versions, current }: VersionTableProps) {
  const t = useText();
  return (
    <TableContainer>
      <Table
        size="small"
        aria-label={t('migration.tab.versions')}
        sx={{ whiteSpace: 'nowrap' }}
      >
        <TableHead>
          <TableRow>
            <TableCell>{t('versions.version')}</TableCell>
            <TableCell>{t('versions.checksumUp')}</TableCell>
            <TableCell>{t('versions.checksumDown')}</TableCell>
            <TableCell>{t('versions.mode')}</TableCell>
            <TableCell>{t('versions.author')}</TableCell>
            <TableCell>{t('versions.created')}</TableCell>
          </TableRow>
        </TableHead>
        <TableBody>
          {versions.map(one => (
            <TableRow key={one.version}>
              <TableCell component="th" scope="row">
                {one.version}
                {one.version === current && ` (${t('versions.current')})`}
              </TableCell>
              <TableCell>
                <Checksum value={one.checksumUp} />
              </TableCell>
              <TableCell>
                {one.checksumDown ? <Checksum value={one.checksumDown} /> : '–'}
              </TableCell>
              <TableCell>{t(`mode.${one.transactionMode}`)}</TableCell>
              <TableCell>{one.createdBy.name}</TableCell>
              <TableCell>
                <RelativeTime at={one.createdAt} />
              </TableCell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </TableContainer>
  );
}
