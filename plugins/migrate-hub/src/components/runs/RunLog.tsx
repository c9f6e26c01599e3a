import Alert from '@mui/material/Alert';
import Button from '@mui/material/Button';
import FormControlLabel from '@mui/material/FormControlLabel';
import Stack from '@mui/material/Stack';
import Switch from '@mui/material/Switch';
import TextField from '@mui/material/TextField';
import Typography from '@mui/material/Typography';
import { LogLine } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useMemo, useState } from 'react';
import { useCommand } from '../../hooks/useCommand';
import { useHubClient } from '../../hooks/useHub';
import { useText } from '../../hooks/useText';
import { ErrorNotice } from '../ErrorNotice';
import { saveAs } from '../download';
import { durationText } from '../Duration';
import { RunLogLines } from './RunLogLines';
import { RunFeed } from './useRunFeed';

interface RunLogProps {
  runId: string;
  feed: RunFeed;
  /** Names of the targets by run item. */
  names: ReadonlyMap<string, string>;
  /** The run has begun, so that there can be lines. */
  started: boolean;
}

/** What the executors write, as they write it. */
export const RunLog = ({ runId, feed, names, started }: RunLogProps) => {
  const t = useText();
  const hub = useHubClient();
  const [follow, setFollow] = useState(true);
  const [search, setSearch] = useState('');
  const [copied, setCopied] = useState(false);
  const download = useCommand(async () =>
    saveAs(
      `run-${runId}.log`,
      await hub.fetch(
        'listRunLogs',
        { params: { id: runId } },
        { Accept: 'text/plain' },
      ),
    ),
  );

  const shown = useMemo(() => {
    const wanted = search.trim().toLowerCase();
    if (!wanted) return feed.lines;
    return feed.lines.filter(line =>
      textOf(line, names).toLowerCase().includes(wanted),
    );
  }, [feed.lines, search, names]);

  async function copy() {
    const text = shown.map(line => textOf(line, names)).join('\n');
    await navigator.clipboard.writeText(text);
    setCopied(true);
  }

  const empty = feed.lines.length === 0;
  return (
    <>
      <Stack
        direction="row"
        useFlexGap
        flexWrap="wrap"
        alignItems="center"
        spacing={1.5}
        marginBottom={1}
      >
        <FormControlLabel
          control={
            <Switch
              size="small"
              checked={follow}
              onChange={event => setFollow(event.target.checked)}
            />
          }
          label={t('runLog.follow')}
        />
        <TextField
          size="small"
          type="search"
          label={t('runLog.search')}
          value={search}
          onChange={event => setSearch(event.target.value)}
        />
        <Button size="small" disabled={empty} onClick={copy}>
          {copied ? t('runLog.copied') : t('runLog.copy')}
        </Button>
        <Button
          size="small"
          disabled={empty || download.busy}
          onClick={() => download.run()}
        >
          {t('runLog.download')}
        </Button>
        <Typography
          variant="caption"
          color="text.secondary"
          role="status"
          sx={{ marginLeft: 'auto' }}
        >
          {search &&
            `${t('runLog.shown', {
              shown: String(shown.length),
              total: String(feed.lines.length),
            })} · `}
          {t(`runLog.state.${feed.state}`)}
        </Typography>
      </Stack>
      {download.error && <ErrorNotice error={download.error} />}
      {feed.forgotten > 0 && (
        <Alert severity="info" sx={{ marginBottom: 1 }}>
          {t('runLog.forgotten', { lines: String(feed.forgotten) })}
        </Alert>
      )}
      {shown.length === 0 ? (
        <Typography color="text.secondary">
          {empty
            ? t(started ? 'runLog.empty' : 'runLog.notStarted')
            : t('runLog.noMatch')}
        </Typography>
      ) : (
        <RunLogLines
          lines={shown}
          names={names}
          follow={follow}
          onLeave={() => setFollow(false)}
        />
      )}
    </>
  );
};

function textOf(line: LogLine, names: ReadonlyMap<string, string>): string {
  const took =
    line.durationMs === undefined ? '' : ` (${durationText(line.durationMs)})`;
  const { at, level, runItem, message } = line;
  return `${at} ${level} ${names.get(runItem) ?? runItem} ${message}${took}`;
}
