import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import { SqlProblem } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useText } from '../../hooks/useText';

/** What was found in the SQL, each with its line. */
export const Problems = ({ problems }: { problems: SqlProblem[] }) => {
  const t = useText();
  return (
    <Box sx={{ display: 'grid', gap: 1 }}>
      {problems.map((problem, index) => (
        <Alert
          key={`${problem.code} ${problem.line} ${index}`}
          severity={problem.severity}
          // They change while somebody types: not each is to be read out.
          role="note"
          sx={{ paddingY: 0 }}
        >
          <b>
            {t(`analysis.severity.${problem.severity}`)},{' '}
            {t('analysis.line', { line: String(problem.line) })}
          </b>
          {': '}
          {problem.message}
        </Alert>
      ))}
    </Box>
  );
};
