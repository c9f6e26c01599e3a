import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Table from '@mui/material/Table';
import TableBody from '@mui/material/TableBody';
import TableCell from '@mui/material/TableCell';
import TableContainer from '@mui/material/TableContainer';
import TableHead from '@mui/material/TableHead';
import TableRow from '@mui/material/TableRow';
import Typography from '@mui/material/Typography';
import {
  RunPreview,
  RunType,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { Load } from '../../hooks/useLoad';
import { useText } from '../../hooks/useText';
import { Problems, engineNames } from '../analysis';
import { ErrorNotice } from '../ErrorNotice';
import { TableSkeleton } from '../Skeletons';
import { Tone, toneColor } from '../tones';
import { RunPart } from './inventory';

const SHOWN = 50;

interface PartPreviewProps {
  environment: string;
  type: RunType;
  parts: RunPart[];
  previews: Load<RunPreview[]>;
}

/** What will happen, run by run, and what stands in the way. */
export const PartPreview = (props: PartPreviewProps) => {
  const { type, parts, previews } = props;
  const t = useText();
  return (
    <Box
      component="section"
      aria-label={t('request.preview')}
      aria-live="polite"
    >
      <Typography component="h3" sx={{ fontWeight: 600 }} gutterBottom>
        {t('request.preview')}
      </Typography>
      {parts.length > 1 && (
        <Alert severity="info" sx={{ marginBottom: 1 }}>
          {t('request.severalRuns', { runs: String(parts.length) })}
        </Alert>
      )}
      {previews.error && (
        <ErrorNotice error={previews.error} onRetry={previews.reload} />
      )}
      {previews.loading && (
        <>
          <Typography variant="body2" color="text.secondary">
            {t('request.previewing')}
          </Typography>
          <TableSkeleton columns={3} rows={3} />
        </>
      )}
      {previews.value?.map((preview, index) => (
        <Box key={parts[index].engine} sx={{ marginBottom: 2 }}>
          {parts.length > 1 && (
            <Typography component="h4" sx={{ fontWeight: 600 }}>
              {t('request.engine', {
                engine: engineNames[parts[index].engine],
              })}
            </Typography>
          )}
          <Preview preview={preview} type={type} />
        </Box>
      ))}
    </Box>
  );
};

type History = RunPreview['targets'][number]['history'];

/** Blue is where something happens, grey where nothing has to. */
const tones: Record<RunType, Record<History, Tone>> = {
  apply: { none: 'blue', same: 'grey', other: 'red', unknown: 'purple' },
  rollback: { none: 'grey', same: 'blue', other: 'blue', unknown: 'purple' },
};

function Preview({ preview, type }: { preview: RunPreview; type: RunType }) {
  const t = useText();
  const { analysis, blockers, targets, approvalsRequired } = preview;
  const words = type === 'apply' ? 'history' : 'rollback';
  return (
    <Box sx={{ display: 'grid', gap: 1 }}>
      {blockers.length > 0 && (
        <Alert severity="error">
          <b>{t('request.blocked')}</b>
          <Box component="ul" sx={{ margin: 0, paddingLeft: 2.5 }}>
            {blockers.map(({ code, message }) => (
              <li key={`${code} ${message}`}>{message}</li>
            ))}
          </Box>
        </Alert>
      )}
      <Typography variant="body2">
        {analysis && (
          <>
            {t('request.statements', { count: analysis.statements })}
            {', '}
            {t(`mode.${analysis.mode}`)}
            {'. '}
          </>
        )}
        {t('request.approvals', { count: approvalsRequired })}
      </Typography>
      {analysis && <Problems problems={analysis.problems} />}
      <TableContainer sx={{ maxHeight: 280 }}>
        <Table size="small" stickyHeader aria-label={t('request.targets')}>
          <TableHead>
            <TableRow>
              <TableCell>{t('request.target')}</TableCell>
              <TableCell>{t('request.address')}</TableCell>
              <TableCell>{t('request.holds')}</TableCell>
            </TableRow>
          </TableHead>
          <TableBody>
            {targets.slice(0, SHOWN).map(({ target, history, message }) => (
              <TableRow key={target.id}>
                <TableCell component="th" scope="row">
                  <code>{target.name}</code>
                </TableCell>
                <TableCell>
                  <code>{`${target.host}:${target.port}/${target.database}`}</code>
                </TableCell>
                <TableCell>
                  <Box
                    component="span"
                    sx={{ color: toneColor(tones[type][history]) }}
                  >
                    {t(`request.${words}.${history}`)}
                  </Box>
                  {message && (
                    <Typography variant="caption" component="div">
                      {message}
                    </Typography>
                  )}
                </TableCell>
              </TableRow>
            ))}
          </TableBody>
        </Table>
      </TableContainer>
      {targets.length > SHOWN && (
        <Typography variant="caption">
          {t('request.more', { rest: String(targets.length - SHOWN) })}
        </Typography>
      )}
    </Box>
  );
}
