import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import { ReactNode } from 'react';

interface EmptyStateProps {
  title: string;
  /** Teaches the next step. */
  children?: ReactNode;
  /** The button or link that takes it. */
  action?: ReactNode;
}

/** What to do where there is nothing yet. */
export const EmptyState = ({ title, children, action }: EmptyStateProps) => (
  <Box sx={{ textAlign: 'center', paddingY: 3, paddingX: 2 }}>
    <Typography fontWeight={500}>{title}</Typography>
    {children && (
      <Typography
        variant="body2"
        color="text.secondary"
        component="div"
        sx={{ maxWidth: '60ch', marginX: 'auto', marginTop: 0.5 }}
      >
        {children}
      </Typography>
    )}
    {action && <Box sx={{ marginTop: 2 }}>{action}</Box>}
  </Box>
);
