import Box from '@mui/material/Box';
import Card from '@mui/material/Card';
import CardContent from '@mui/material/CardContent';
import Typography from '@mui/material/Typography';
import { ReactNode, useId } from 'react';
import { Load } from '../hooks/useLoad';
import { ErrorNotice } from './ErrorNotice';
import { BlockSkeleton } from './Skeletons';

interface PanelProps {
  title: string;
  /** Beside the title. */
  aside?: ReactNode;
  busy?: boolean;
  children: ReactNode;
}

/** A titled part of a page. */
export const Panel = ({ title, aside, busy, children }: PanelProps) => {
  const id = useId();
  return (
    <Card
      component="section"
      variant="outlined"
      aria-labelledby={id}
      aria-busy={busy}
    >
      <CardContent sx={{ '&:last-child': { paddingBottom: 2 } }}>
        <Box
          sx={{
            display: 'flex',
            justifyContent: 'space-between',
            alignItems: 'baseline',
            gap: 2,
            marginBottom: 1,
          }}
        >
          <Typography
            id={id}
            component="h3"
            sx={{ fontSize: '1.05rem', fontWeight: 600 }}
          >
            {title}
          </Typography>
          {aside}
        </Box>
        {children}
      </CardContent>
    </Card>
  );
};

interface SectionProps<T> {
  title: string;
  aside?: ReactNode;
  load: Load<T>;
  children: (value: T) => ReactNode;
}

/** A titled part of a page that is loading, failed or there. */
export function Section<T>({ title, aside, load, children }: SectionProps<T>) {
  return (
    <Panel title={title} aside={aside} busy={load.loading}>
      <Loaded load={load}>{children}</Loaded>
    </Panel>
  );
}

interface LoadedProps<T> {
  load: Load<T>;
  /** What stands there until it is loaded. */
  skeleton?: ReactNode;
  children: (value: T) => ReactNode;
}

/** What was loaded, the error, or a placeholder; what is there stays while it is loaded again. */
export function Loaded<T>({ load, skeleton, children }: LoadedProps<T>) {
  const { value, error, reload } = load;
  return (
    <>
      {error && <ErrorNotice error={error} onRetry={reload} />}
      {value !== undefined && children(value)}
      {value === undefined && !error && (skeleton ?? <BlockSkeleton />)}
    </>
  );
}
