import LinearProgress from '@mui/material/LinearProgress';
import Typography from '@mui/material/Typography';
import { ANALYSED_WHILE_TYPING, Analyses } from '../../hooks/useAnalysis';
import { Load } from '../../hooks/useLoad';
import { useText } from '../../hooks/useText';
import { EngineAnalyses } from '../analysis';
import { ErrorNotice } from '../ErrorNotice';
import { Panel } from '../Section';

interface AnalysisPanelProps {
  title: string;
  /** As typed so far; the analysis follows it. */
  sql: string;
  analyses: Load<Analyses>;
  note?: string;
}

/** What the server says about the SQL, as somebody types it. */
export const AnalysisPanel = (props: AnalysisPanelProps) => {
  const { title, sql, analyses, note } = props;
  const t = useText();
  const { value, error, loading, reload } = analyses;
  const large = sql.length > ANALYSED_WHILE_TYPING;
  return (
    <Panel title={title} busy={loading}>
      <LinearProgress
        aria-label={t('analysis.working')}
        sx={{
          height: 2,
          marginBottom: 1,
          visibility: loading ? 'visible' : 'hidden',
        }}
      />
      {note && (
        <Typography variant="body2" color="text.secondary" gutterBottom>
          {note}
        </Typography>
      )}
      {error && <ErrorNotice error={error} onRetry={reload} />}
      {large && <Typography variant="body2">{t('analysis.large')}</Typography>}
      {!large && !error && sql.trim() === '' && (
        <Typography variant="body2" color="text.secondary">
          {t('analysis.empty')}
        </Typography>
      )}
      {!large && !error && sql.trim() !== '' && value && (
        <EngineAnalyses analyses={value} />
      )}
    </Panel>
  );
};
