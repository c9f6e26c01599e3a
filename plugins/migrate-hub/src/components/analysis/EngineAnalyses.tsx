import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import { Engine } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Analyses } from '../../hooks/useAnalysis';
import { useText } from '../../hooks/useText';
import { AnalysisView } from './AnalysisView';

/** As people call them. */
export const engineNames: Record<Engine, string> = {
  postgres: 'PostgreSQL',
  mysql: 'MySQL',
};

/** The analysis for each engine among the project's targets. */
export const EngineAnalyses = ({ analyses }: { analyses: Analyses }) => {
  const t = useText();
  return (
    <Box sx={{ display: 'grid', gap: 2 }}>
      {analyses.map(({ engine, analysis }) => {
        const label = t('analysis.of', { engine: engineNames[engine] });
        return (
          <div key={engine}>
            {analyses.length > 1 && (
              <Typography component="h4" sx={{ fontWeight: 600 }}>
                {label}
              </Typography>
            )}
            <AnalysisView label={label} analysis={analysis} />
          </div>
        );
      })}
    </Box>
  );
};
