import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Typography from '@mui/material/Typography';
import { RunItem } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useText } from '../../hooks/useText';
import { Mono } from '../CopyText';
import { RelativeTime } from '../RelativeTime';

const ItemError = ({ error }: { error: NonNullable<RunItem['error']> }) => {
  const t = useText();
  const { statementIndex, line, sqlState } = error;
  const statement = String((statementIndex ?? 0) + 1);
  const where = [
    statementIndex !== undefined &&
      (line === undefined
        ? t('runItems.atStatement', { statement })
        : t('runItems.at', { statement, line: String(line) })),
    sqlState && t('runItems.sqlState', { state: sqlState }),
    error.code,
  ].filter(Boolean);
  return (
    <Alert severity="error" sx={{ paddingY: 0 }}>
      <Typography variant="caption" component="div">
        {where.join(' · ')}
      </Typography>
      <Box
        component="pre"
        sx={{
          margin: 0,
          whiteSpace: 'pre-wrap',
          overflowWrap: 'anywhere',
          fontSize: '0.8125rem',
        }}
      >
        {error.message}
      </Box>
    </Alert>
  );
};

interface RunItemDetailsProps {
  item: RunItem;
  onResolve?: (item: RunItem) => void;
}

/** What failed, in the database's own words, what is true on the target, and the choices. */
export const RunItemDetails = ({ item, onResolve }: RunItemDetailsProps) => {
  const t = useText();
  const { outcome, error, evidence, allowedResolutions, target } = item;
  return (
    <Box
      sx={{ display: 'grid', gridTemplateColumns: 'minmax(0, 1fr)', gap: 1 }}
    >
      <Typography variant="body2">
        {target.dbSet} · <Mono>{`${target.host}:${target.port}`}</Mono> ·{' '}
        <Mono>{target.database}</Mono>
        {item.attempt > 1 &&
          ` · ${t('runItems.attempt', { attempt: String(item.attempt) })}`}
      </Typography>
      {error && <ItemError error={error} />}
      {outcome && (
        <Typography variant="body2">
          {t(`runItems.outcome.${outcome}`)}
        </Typography>
      )}
      {evidence.length > 0 && (
        <Box>
          <Typography variant="body2" fontWeight={600}>
            {t('runItems.evidence')}
          </Typography>
          <Box component="ul" sx={{ margin: 0, paddingLeft: 3 }}>
            {evidence.map(({ check, result, at }) => (
              <Typography key={`${at}${check}`} variant="body2" component="li">
                {check}: {result} (<RelativeTime at={at} />)
              </Typography>
            ))}
          </Box>
        </Box>
      )}
      {onResolve && allowedResolutions.length > 0 && (
        <Box>
          <Button
            variant="outlined"
            size="small"
            onClick={() => onResolve(item)}
          >
            {t('runItems.resolve', { target: target.name })}
          </Button>
        </Box>
      )}
    </Box>
  );
};
