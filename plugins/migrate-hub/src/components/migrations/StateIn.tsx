import Typography from '@mui/material/Typography';
import { MigrationSummary } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useText } from '../../hooks/useText';
import { StatusBadge, stateWithout } from '../StatusBadge';

interface StateInProps {
  migration: Pick<MigrationSummary, 'states' | 'stateCounts'>;
  environment: string;
}

/** `executed_prd` reads as "executed"; with "2 of 3" on the way there, and "failed" where that is the last word. */
export const StateIn = ({ migration, environment }: StateInProps) => {
  const t = useText();
  const state = migration.states[environment] ?? 'draft';
  const counts = migration.stateCounts[environment];
  const underWay =
    counts && counts.executed > 0 && counts.executed < counts.total;
  return (
    <>
      {/* Most are drafts somewhere: what is on its way must stand out. */}
      <StatusBadge
        status={counts?.failed ? 'failed' : stateWithout(state, environment)}
        variant={state === 'draft' ? 'text' : 'badge'}
      />
      {underWay && (
        <Typography variant="caption" component="div">
          {t('progress.done', {
            done: String(counts.executed),
            total: String(counts.total),
          })}
        </Typography>
      )}
    </>
  );
};
