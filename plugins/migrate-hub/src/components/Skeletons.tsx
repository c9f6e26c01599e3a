import Box from '@mui/material/Box';
import Skeleton from '@mui/material/Skeleton';
import Table from '@mui/material/Table';
import TableBody from '@mui/material/TableBody';
import TableCell from '@mui/material/TableCell';
import TableRow from '@mui/material/TableRow';

interface TableSkeletonProps {
  columns: number;
  rows?: number;
}

/** As high as the table that follows it. */
export const TableSkeleton = ({ columns, rows = 5 }: TableSkeletonProps) => (
  <Table size="small" aria-hidden data-testid="loading">
    <TableBody>
      {Array.from({ length: rows }, (_, row) => (
        <TableRow key={row}>
          {Array.from({ length: columns }, (_unused, column) => (
            <TableCell key={column}>
              <Skeleton width={column === 0 ? '70%' : '50%'} />
            </TableCell>
          ))}
        </TableRow>
      ))}
    </TableBody>
  </Table>
);

/** A block of text or of code that is being loaded. */
export const BlockSkeleton = ({ height = 96 }: { height?: number }) => (
  <Skeleton variant="rounded" height={height} data-testid="loading" />
);

/** A page whose code is being loaded. */
export const PageSkeleton = () => (
  <Box aria-hidden data-testid="loading">
    <Skeleton width={280} height={48} />
    <Skeleton variant="rounded" height={320} sx={{ marginTop: 2 }} />
  </Box>
);
