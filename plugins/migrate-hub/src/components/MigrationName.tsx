import { Link } from '@backstage/core-components';
import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import { ReactNode } from 'react';

interface MigrationNameProps {
  /** Where its key leads: its page, or that of a run of it. */
  to: string;
  migration: { key: string; name: string };
  /** A word beside the key. */
  beside?: ReactNode;
  /** What else there is to say, behind the name. */
  children?: ReactNode;
}

/** The key of a migration over its name, as the first cell of a table. */
export const MigrationName = ({
  to,
  migration,
  beside,
  children,
}: MigrationNameProps) => (
  <>
    <Link to={to}>
      <Box
        component="code"
        title={migration.key}
        sx={{
          display: 'inline-block',
          verticalAlign: 'bottom',
          maxWidth: '34ch',
          overflow: 'hidden',
          textOverflow: 'ellipsis',
          whiteSpace: 'nowrap',
        }}
      >
        {migration.key}
      </Box>
    </Link>
    {beside && (
      <Box component="span" sx={{ marginLeft: 1, fontWeight: 600 }}>
        {beside}
      </Box>
    )}
    <Typography variant="caption" component="div" color="text.secondary">
      {migration.name}
      {children}
    </Typography>
  </>
);
