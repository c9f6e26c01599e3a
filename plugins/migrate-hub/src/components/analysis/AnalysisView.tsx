import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Table from '@mui/material/Table';
import TableBody from '@mui/material/TableBody';
import TableCell from '@mui/material/TableCell';
import TableContainer from '@mui/material/TableContainer';
import TableRow from '@mui/material/TableRow';
import Typography from '@mui/material/Typography';
import {
  AnalysedStatement,
  SqlAnalysis,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useText } from '../../hooks/useText';
import { toneColor } from '../tones';
import { Problems } from './Problems';

const SHOWN = 50;

interface AnalysisViewProps {
  /** For screen readers: analysis for which engine. */
  label: string;
  analysis: SqlAnalysis;
}

/** How a script is cut, in which transactions it runs, and what is wrong with it. */
export const AnalysisView = ({ label, analysis }: AnalysisViewProps) => {
  const t = useText();
  const { statements, problems, effectiveMode } = analysis;
  return (
    <Box sx={{ display: 'grid', gap: 1 }}>
      {effectiveMode ? (
        <Typography variant="body2">
          {t('analysis.count', { count: statements.length })}
          {'. '}
          {t(`analysis.mode.${effectiveMode}`)}
        </Typography>
      ) : (
        <Alert severity="error" role="note" sx={{ paddingY: 0 }}>
          {t('analysis.cannotRun')}
        </Alert>
      )}
      {problems.length > 0 ? (
        <Problems problems={problems} />
      ) : (
        <Typography variant="body2" color="text.secondary">
          {t('analysis.noProblems')}
        </Typography>
      )}
      <TableContainer>
        <Table size="small" aria-label={label}>
          <TableBody>
            {statements.slice(0, SHOWN).map(statement => (
              <StatementRow key={statement.index} statement={statement} />
            ))}
          </TableBody>
        </Table>
      </TableContainer>
      {statements.length > SHOWN && (
        <Typography variant="caption">
          {t('analysis.more', {
            shown: String(SHOWN),
            total: String(statements.length),
          })}
        </Typography>
      )}
    </Box>
  );
};

function StatementRow({ statement }: { statement: AnalysedStatement }) {
  const t = useText();
  const { index, line, text, kind, transactional } = statement;
  return (
    <TableRow>
      <TableCell
        component="th"
        scope="row"
        sx={{ width: '1%', whiteSpace: 'nowrap', color: 'text.secondary' }}
      >
        {index + 1}
      </TableCell>
      <TableCell sx={{ overflowWrap: 'anywhere' }}>
        <code>{firstLine(text)}</code>
        <Typography variant="caption" component="div" color="text.secondary">
          {kind}, {t('analysis.line', { line: String(line) })}
          {transactional !== 'yes' && (
            <Box component="span" sx={{ color: toneColor('amber') }}>
              {' · '}
              {t(
                transactional === 'no' ? 'analysis.outside' : 'analysis.opaque',
              )}
            </Box>
          )}
        </Typography>
      </TableCell>
    </TableRow>
  );
}

/** Enough to recognise the statement; the whole stands beside it. */
function firstLine(text: string): string {
  const line = text.trim().replace(/\s+/g, ' ');
  return line.length > 160 ? `${line.slice(0, 160)} …` : line;
}
