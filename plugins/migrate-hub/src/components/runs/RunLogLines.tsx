import Box from '@mui/material/Box';
import { Theme } from '@mui/material/styles';
import {
  LogLevel,
  LogLine,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import { useText } from '../../hooks/useText';
import { durationText } from '../Duration';
import { Tone, toneColor } from '../tones';

const LINE_PX = 20;

/** So near to the end counts as "at the end". */
const END_PX = 30;

const tones: Partial<Record<LogLevel, Tone>> = {
  debug: 'grey',
  warn: 'amber',
  error: 'red',
};

const colorOf = (level: LogLevel) => {
  const tone = tones[level];
  return tone ? toneColor(tone) : (theme: Theme) => theme.palette.text.primary;
};

const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

interface LineProps {
  line: LogLine;
  names: ReadonlyMap<string, string>;
}

const Line = ({ line, names }: LineProps) => {
  const { at, level, runItem, message, durationMs } = line;
  return (
    <Box
      sx={{
        display: 'flex',
        gap: 1,
        lineHeight: `${LINE_PX}px`,
        color: colorOf(level),
      }}
    >
      <Box component="time" dateTime={at} title={at} sx={{ flex: 'none' }}>
        {clock.format(new Date(at))}
      </Box>
      <Box component="span" sx={{ flex: 'none', color: 'text.secondary' }}>
        {names.get(runItem) ?? runItem.slice(0, 8)}
      </Box>
      <Box
        component="span"
        sx={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', minWidth: 0 }}
      >
        {message}
        {durationMs !== undefined && ` (${durationText(durationMs)})`}
      </Box>
    </Box>
  );
};

interface RunLogLinesProps {
  lines: readonly LogLine[];
  names: ReadonlyMap<string, string>;
  /** Keep the newest line in sight. */
  follow: boolean;
  /** The reader scrolled away from the end to read: stop following. */
  onLeave: () => void;
}

/** The lines in sight. */
export const RunLogLines = (props: RunLogLinesProps) => {
  const { lines, names, follow, onLeave } = props;
  const t = useText();
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    getItemKey: index => lines[index].seq,
    estimateSize: () => LINE_PX,
    overscan: 20,
  });

  useEffect(() => {
    if (follow && lines.length > 0) {
      rows.scrollToIndex(lines.length - 1, { align: 'end' });
    }
  }, [follow, lines.length, rows]);

  function leaveOnScrollUp() {
    const box = scroller.current;
    if (!box || !follow) return;
    const toEnd = box.scrollHeight - box.scrollTop - box.clientHeight;
    if (toEnd > END_PX) onLeave();
  }

  return (
    <Box
      ref={scroller}
      role="log"
      aria-live="off"
      aria-label={t('runLog.region')}
      tabIndex={0}
      // Not `scroll`: that one also comes from following itself.
      onWheel={leaveOnScrollUp}
      onKeyUp={leaveOnScrollUp}
      onTouchMove={leaveOnScrollUp}
      sx={{
        maxHeight: 420,
        overflow: 'auto',
        border: 1,
        borderColor: 'divider',
        borderRadius: 1,
        backgroundColor: 'background.default',
        fontFamily: 'monospace',
        fontSize: '0.8125rem',
        padding: 1,
      }}
    >
      <Box
        sx={{ position: 'relative' }}
        style={{ height: rows.getTotalSize() }}
      >
        {rows.getVirtualItems().map(row => (
          <Box
            key={row.key}
            ref={rows.measureElement}
            data-index={row.index}
            sx={{ position: 'absolute', left: 0, right: 0, top: 0 }}
            style={{ transform: `translateY(${row.start}px)` }}
          >
            <Line line={lines[row.index]} names={names} />
          </Box>
        ))}
      </Box>
    </Box>
  );
};
