import ChevronLeft from '@mui/icons-material/ChevronLeft';
import ChevronRight from '@mui/icons-material/ChevronRight';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import LinearProgress from '@mui/material/LinearProgress';
import Paper from '@mui/material/Paper';
import Table from '@mui/material/Table';
import TableBody from '@mui/material/TableBody';
import TableCell from '@mui/material/TableCell';
import TableContainer from '@mui/material/TableContainer';
import TableHead from '@mui/material/TableHead';
import TableRow from '@mui/material/TableRow';
import Typography from '@mui/material/Typography';
import { ReactNode } from 'react';
import { PagedList } from '../hooks/usePagedList';
import { useText } from '../hooks/useText';
import { ErrorNotice } from './ErrorNotice';
import { TableSkeleton } from './Skeletons';

export interface Column<T> {
  /** Unique in the table. */
  id: string;
  header: ReactNode;
  cell: (item: T) => ReactNode;
  /** The cell that names the row. */
  rowHeader?: true;
  align?: 'right';
  /** Words stay on one line. */
  noWrap?: true;
}

interface PagedTableProps<T> {
  /** For screen readers. */
  label: string;
  list: PagedList<T>;
  columns: Column<T>[];
  keyOf: (item: T) => string;
  /** What to say without any. */
  empty: ReactNode;
}

/** A list of the API as a table, a page at a time. */
export function PagedTable<T>(props: PagedTableProps<T>) {
  const { label, list, columns, keyOf, empty } = props;
  const { value, error, loading, reload } = list;
  if (error && !value) return <ErrorNotice error={error} onRetry={reload} />;
  if (!value) return <TableSkeleton columns={columns.length} rows={8} />;

  const nothing = value.items.length === 0 && list.page === 1;
  return (
    <Box aria-busy={loading}>
      {/* Its place is kept, so that the table does not jump. */}
      <LinearProgress
        aria-hidden
        sx={{ height: 2, visibility: loading ? 'visible' : 'hidden' }}
      />
      {error && <ErrorNotice error={error} onRetry={reload} />}
      {nothing ? (
        empty
      ) : (
        <TableContainer
          component={Paper}
          variant="outlined"
          tabIndex={0}
          role="region"
          aria-label={label}
        >
          <Table size="small" aria-label={label}>
            <TableHead>
              <TableRow>
                {columns.map(({ id, header, align }) => (
                  <TableCell
                    key={id}
                    align={align}
                    sx={{ fontWeight: 600, whiteSpace: 'nowrap' }}
                  >
                    {header}
                  </TableCell>
                ))}
              </TableRow>
            </TableHead>
            <TableBody>
              {value.items.map(item => (
                <TableRow key={keyOf(item)} hover>
                  {columns.map(({ id, cell, rowHeader, align, noWrap }) => (
                    <TableCell
                      key={id}
                      align={align}
                      {...(rowHeader && { component: 'th', scope: 'row' })}
                      sx={noWrap && { whiteSpace: 'nowrap' }}
                    >
                      {cell(item)}
                    </TableCell>
                  ))}
                </TableRow>
              ))}
            </TableBody>
          </Table>
        </TableContainer>
      )}
      {(list.previous || list.next || list.page > 1) && <Pager list={list} />}
    </Box>
  );
}

function Pager<T>({ list }: { list: PagedList<T> }) {
  const t = useText();
  return (
    <Box
      component="nav"
      aria-label={t('paging.label')}
      sx={{
        display: 'flex',
        justifyContent: 'flex-end',
        alignItems: 'center',
        gap: 1,
        paddingTop: 1,
      }}
    >
      <Button
        size="small"
        startIcon={<ChevronLeft />}
        disabled={!list.previous}
        onClick={list.previous}
      >
        {t('paging.previous')}
      </Button>
      <Typography variant="body2" aria-live="polite">
        {t('paging.page', { page: String(list.page) })}
      </Typography>
      <Button
        size="small"
        endIcon={<ChevronRight />}
        disabled={!list.next}
        onClick={list.next}
      >
        {t('paging.next')}
      </Button>
    </Box>
  );
}
