import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import { Run } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useText } from '../../hooks/useText';
import { Problems } from '../analysis';
import { Checksum } from '../Checksum';
import { CopyButton } from '../CopyText';
import { SqlView } from '../sql';

/** Exactly what runs, and what the analysis says about it. */
export const RunSql = ({ run }: { run: Run }) => {
  const t = useText();
  const { statements, mode, problems } = run.analysis;
  return (
    <Box sx={{ display: 'grid', gap: 1 }}>
      <Box
        sx={{
          display: 'flex',
          flexWrap: 'wrap',
          alignItems: 'center',
          columnGap: 2,
        }}
      >
        <Typography variant="body2">
          {t('run.statements', { count: statements })}
        </Typography>
        <Typography variant="body2">{t(`run.mode.${mode}`)}</Typography>
        <Typography variant="body2" component="div">
          {t('run.checksum')} <Checksum value={run.checksum} />
        </Typography>
        <CopyButton text={run.sql} what={t('copy.sql')} variant="button" />
      </Box>
      <SqlView label={t('run.sql')} sql={run.sql} engine={run.engine} />
      {problems.length === 0 ? (
        <Typography variant="body2" color="text.secondary">
          {t('run.noProblems')}
        </Typography>
      ) : (
        <Problems problems={problems} />
      )}
    </Box>
  );
};
