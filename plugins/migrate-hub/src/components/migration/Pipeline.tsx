import { Link } from '@backstage/core-components';
import ArrowForward from '@mui/icons-material/ArrowForward';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Typography from '@mui/material/Typography';
import {
  Migration,
  RunSummary,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useNavigate } from 'react-router-dom';
import { useHub } from '../../hooks/useHub';
import { useText } from '../../hooks/useText';
import { useHubPaths } from '../../routes';
import { ActionButton } from '../ActionButton';
import { EnvironmentName } from '../EnvironmentName';
import { RelativeTime } from '../RelativeTime';
import { RequestStart } from '../request';
import { StatusBadge, stateWithout, statusTone } from '../StatusBadge';
import { toneColor } from '../tones';
import { NextStep, latestRun, nextStep } from './nextStep';

interface PipelineProps {
  migration: Migration;
  /** Newest first. */
  runs: RunSummary[];
  onRequest: (start: RequestStart) => void;
}

/** The way through the environments: the state of each, and the one next action. */
export const Pipeline = ({ migration, runs, onRequest }: PipelineProps) => {
  const t = useText();
  const { environments } = useHub();
  const names = environments.map(({ name }) => name);
  const next = nextStep(migration, runs, names);

  return (
    <Box
      component="section"
      aria-label={t('migration.pipeline')}
      sx={{
        border: 1,
        borderColor: 'divider',
        borderRadius: 1,
        backgroundColor: 'background.paper',
        padding: 2,
        marginBottom: 2,
      }}
    >
      <Box
        component="ol"
        sx={{
          listStyle: 'none',
          display: 'grid',
          gridAutoFlow: { sm: 'column' },
          gridAutoColumns: { sm: 'minmax(0, 1fr)' },
          margin: 0,
          padding: 0,
          gap: { xs: 2, sm: 0 },
        }}
      >
        {names.map(name => (
          <Stage
            key={name}
            name={name}
            migration={migration}
            run={latestRun(runs, name)}
          />
        ))}
      </Box>
      {!migration.archived && (
        <Box
          sx={{
            borderTop: 1,
            borderColor: 'divider',
            marginTop: 2,
            paddingTop: 1.5,
            display: 'flex',
            flexWrap: 'wrap',
            alignItems: 'center',
            gap: 1.5,
          }}
        >
          <Typography variant="body2" color="text.secondary">
            {t('next.title')}
          </Typography>
          <Next migration={migration} next={next} onRequest={onRequest} />
        </Box>
      )}
    </Box>
  );
};

interface StageProps {
  name: string;
  migration: Migration;
  run: RunSummary | undefined;
}

function Stage({ name, migration, run }: StageProps) {
  const t = useText();
  const paths = useHubPaths();
  const state = stateWithout(migration.states[name] ?? 'draft', name);
  // While something happens, that says more than the state it started from.
  const busy = run && ['queued', 'running', 'failed'].includes(run.status);
  const shown = busy && state !== 'executed' ? run.status : state;
  const counts = migration.stateCounts[name];
  const color = toneColor(statusTone(shown));

  return (
    <Box component="li" sx={{ paddingRight: 2 }}>
      <Box sx={{ display: 'flex', alignItems: 'center', marginBottom: 0.75 }}>
        <Box
          aria-hidden
          sx={{
            width: 14,
            height: 14,
            flex: 'none',
            borderRadius: '50%',
            border: '3px solid',
            borderColor: color,
            backgroundColor: shown === 'executed' ? color : 'transparent',
          }}
        />
        <Box
          aria-hidden
          sx={{
            flex: 1,
            height: 3,
            marginLeft: 0.5,
            marginRight: -1.5,
            backgroundColor: shown === 'executed' ? color : 'divider',
          }}
        />
      </Box>
      <Box
        sx={{
          display: 'flex',
          // Side by side in none of the stages if not in all of them.
          flexDirection: { xs: 'column', lg: 'row' },
          alignItems: { xs: 'flex-start', lg: 'center' },
          flexWrap: 'wrap',
          gap: { xs: 0.5, lg: 1 },
          marginBottom: 0.25,
        }}
      >
        <b>
          <EnvironmentName name={name} />
        </b>
        <StatusBadge status={shown} />
      </Box>
      <Typography variant="body2" color="text.secondary" component="div">
        {counts && counts.total > 0 && state !== 'draft' && (
          <div>
            {t('migration.partly', {
              done: String(counts.executed),
              count: counts.total,
            })}
          </div>
        )}
        {run ? (
          <>
            {/* Within text: not by its colour alone. */}
            <Link to={paths.run(run.id)} underline="always">
              {run.type === 'rollback'
                ? t('migration.rollbackRun')
                : t('migration.applyRun', { version: String(run.version) })}
            </Link>
            {', '}
            {t('migration.askedBy', { name: run.requestedBy.name })},{' '}
            <RelativeTime at={run.createdAt} />
          </>
        ) : (
          t('migration.noRun')
        )}
      </Typography>
    </Box>
  );
}

interface NextProps {
  migration: Migration;
  next: NextStep;
  onRequest: (start: RequestStart) => void;
}

function Next({ migration, next, onRequest }: NextProps) {
  const t = useText();
  const paths = useHubPaths();
  const navigate = useNavigate();
  if (next.kind === 'done') {
    return <Typography variant="body2">{t('next.done')}</Typography>;
  }
  const { environment } = next;
  const text = t(`next.${next.kind}`, { environment });
  if (next.kind === 'request') {
    return (
      <ActionButton
        action="request"
        of={migration}
        size="small"
        variant="contained"
        onClick={() => onRequest({ environment })}
      >
        {text}
      </ActionButton>
    );
  }
  return (
    <Button
      size="small"
      variant="contained"
      endIcon={<ArrowForward />}
      onClick={() => navigate(paths.run(next.run.id))}
    >
      {text}
    </Button>
  );
}
