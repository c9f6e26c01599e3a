import Card from '@mui/material/Card';
import CardContent from '@mui/material/CardContent';
import Skeleton from '@mui/material/Skeleton';
import Typography from '@mui/material/Typography';
import { ReactNode, useId } from 'react';
import { Load } from '../hooks/useLoad';
import { ErrorNotice } from './ErrorNotice';

interface SectionProps<T> {
  title: string;
  load: Load<T>;
  children: (value: T) => ReactNode;
}

/** A titled part of a page that is loading, failed or there. */
export function Section<T>({ title, load, children }: SectionProps<T>) {
  const id = useId();
  const { value, error, loading, reload } = load;

  return (
    <Card component="section" aria-labelledby={id} aria-busy={loading}>
      <CardContent>
        <Typography id={id} variant="h6" component="h2" gutterBottom>
          {title}
        </Typography>
        {error && <ErrorNotice error={error} onRetry={reload} />}
        {value !== undefined && children(value)}
        {value === undefined && !error && (
          <Skeleton variant="rounded" height={96} data-testid="loading" />
        )}
      </CardContent>
    </Card>
  );
}
