import Box from '@mui/material/Box';
import { Engine } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useMemo } from 'react';
import { Analyses, useAnalysis } from '../../hooks/useAnalysis';
import { useDebounced } from '../../hooks/useDebounced';
import { useProjectEngines } from '../../hooks/useProjectEngines';
import { useText } from '../../hooks/useText';
import { Panel } from '../Section';
import { SqlEditor } from '../sql';
import { AnalysisPanel } from './AnalysisPanel';
import { Draft, DraftProblem } from './draft';
import { FactFields } from './FactFields';

const TYPING_PAUSE_MS = 500;
const byDefault: Engine[] = ['postgres'];

const problemsIn = (analyses: Analyses | undefined) =>
  analyses?.flatMap(({ analysis }) => analysis.problems);

export interface DraftFormProps {
  draft: Draft;
  onChange: (changes: Partial<Draft>) => void;
  problems: Partial<Record<keyof Draft, DraftProblem>>;
  /** Project and key can be chosen only once. */
  existing?: true;
}

/** The fields of a migration, the SQL with its analysis beside it. */
export const DraftForm = (props: DraftFormProps) => {
  const { draft, onChange, problems } = props;
  const t = useText();
  const engines = useProjectEngines(draft.project || undefined);
  const known = engines.value?.length ? engines.value : byDefault;
  const up = useAnalysis({
    engines: known,
    sql: useDebounced(draft.sqlUp, TYPING_PAUSE_MS),
    mode: draft.transactionMode,
  });
  const down = useAnalysis({
    engines: known,
    sql: useDebounced(draft.sqlDown, TYPING_PAUSE_MS),
    mode: draft.transactionMode,
  });
  // The editor marks them anew when they change, which closes what is open in it.
  const upProblems = useMemo(() => problemsIn(up.value), [up.value]);
  const downProblems = useMemo(() => problemsIn(down.value), [down.value]);

  return (
    <Box
      sx={{
        display: 'grid',
        gridTemplateColumns: {
          xs: 'minmax(0, 1fr)',
          lg: 'minmax(0, 8fr) minmax(0, 4fr)',
        },
        gap: 2,
        alignItems: 'start',
      }}
    >
      <Box sx={{ display: 'grid', gap: 2 }}>
        <FactFields {...props} />
        <Panel title={t('editor.up')}>
          <SqlEditor
            label={t('editor.up')}
            value={draft.sqlUp}
            onChange={sqlUp => onChange({ sqlUp })}
            engine={known[0]}
            problems={upProblems}
            minHeight={220}
          />
          {problems.sqlUp && (
            <Box sx={{ color: 'error.main', fontSize: '0.75rem' }}>
              {t('editor.required')}
            </Box>
          )}
        </Panel>
        <Panel title={t('editor.down')}>
          <Box
            sx={{
              color: 'text.secondary',
              fontSize: '0.875rem',
              marginBottom: 1,
            }}
          >
            {t('editor.downHelp')}
          </Box>
          <SqlEditor
            label={t('editor.down')}
            value={draft.sqlDown}
            onChange={sqlDown => onChange({ sqlDown })}
            engine={known[0]}
            problems={downProblems}
            minHeight={120}
          />
        </Panel>
      </Box>
      <Box sx={{ display: 'grid', gap: 2, position: { lg: 'sticky' }, top: 0 }}>
        <AnalysisPanel
          title={t('editor.analysisUp')}
          sql={draft.sqlUp}
          analyses={up}
          note={
            draft.project && engines.value?.length === 0
              ? t('analysis.noTargets')
              : undefined
          }
        />
        {draft.sqlDown.trim() !== '' && (
          <AnalysisPanel
            title={t('editor.analysisDown')}
            sql={draft.sqlDown}
            analyses={down}
          />
        )}
      </Box>
    </Box>
  );
};
