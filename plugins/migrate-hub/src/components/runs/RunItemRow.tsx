import ExpandLess from '@mui/icons-material/ExpandLess';
import ExpandMore from '@mui/icons-material/ExpandMore';
import Box from '@mui/material/Box';
import ButtonBase from '@mui/material/ButtonBase';
import { RunItem } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { memo } from 'react';
import { useText } from '../../hooks/useText';
import { Mono } from '../CopyText';
import { Duration, durationText } from '../Duration';
import { StatusBadge } from '../StatusBadge';
import { RunItemDetails } from './RunItemDetails';

const grid = {
  display: 'grid',
  columnGap: 1.5,
  alignItems: 'center',
  padding: '4px 8px',
  minHeight: 40,
} as const;

/** Header and rows are grids of their own, with the same columns. */
export const itemColumns = {
  begun: {
    ...grid,
    gridTemplateColumns:
      'minmax(300px, 4fr) 95px 145px 90px 70px minmax(120px, 2fr)',
  },
  waiting: { ...grid, gridTemplateColumns: 'minmax(0, 2fr) minmax(0, 1fr)' },
};

/** What it does or waits for at this moment, or what ended it. */
const Now = ({ item }: { item: RunItem }) => {
  const t = useText();
  const { currentStatement, waitingFor, error } = item;
  if (waitingFor) {
    return (
      <>
        {t('runItems.waits', { kind: waitingFor.kind.replace(/_/g, ' ') })}
        {waitingFor.holder &&
          `, ${t('runItems.heldBy', { holder: waitingFor.holder })}`}
        {`, ${durationText(Date.now() - Date.parse(waitingFor.since))}`}
      </>
    );
  }
  if (currentStatement && item.status === 'running') {
    const { index, startedAt } = currentStatement;
    return (
      <>
        {t('runItems.statement', { index: String(index + 1) })}
        {`, ${durationText(Date.now() - Date.parse(startedAt))}`}
      </>
    );
  }
  return <>{error?.message ?? ''}</>;
};

/** How far it is, and what came of it. */
const Progress = ({ item }: { item: RunItem }) => (
  <>
    <span role="cell">
      <StatusBadge status={item.status} variant="text" />
    </span>
    <span role="cell">
      {item.outcome ? (
        <StatusBadge status={item.outcome} variant="text" />
      ) : (
        '–'
      )}
    </span>
    <span role="cell">
      {item.statementsDone}/{item.statementsTotal}
    </span>
    <span role="cell">
      <Duration from={item.startedAt} to={item.finishedAt} />
    </span>
    <Box
      role="cell"
      title={item.error?.message}
      sx={{
        overflow: 'hidden',
        textOverflow: 'ellipsis',
        whiteSpace: 'nowrap',
      }}
    >
      <Now item={item} />
    </Box>
  </>
);

interface RunItemRowProps {
  item: RunItem;
  /** Its place in the whole table, for screen readers. */
  rowIndex: number;
  /** Whether there is more to tell than where the target is. */
  begun: boolean;
  open: boolean;
  onToggle: (id: string) => void;
  onResolve?: (item: RunItem) => void;
}

/** One target of a run; opened, it tells what went wrong. */
export const RunItemRow = memo((props: RunItemRowProps) => {
  const { item, rowIndex, begun, open, onToggle, onResolve } = props;
  const t = useText();
  const { name, dbSet, host, port, database } = item.target;
  return (
    <Box sx={{ borderBottom: 1, borderColor: 'divider' }}>
      <Box
        role="row"
        aria-rowindex={rowIndex}
        sx={itemColumns[begun ? 'begun' : 'waiting']}
      >
        <Box
          role="rowheader"
          title={`${dbSet} / ${name}: ${host}:${port}/${database}`}
          sx={{
            minWidth: 0,
            overflow: 'hidden',
            textOverflow: 'ellipsis',
            whiteSpace: 'nowrap',
          }}
        >
          {/* The address stays outside: what a button shows has to be in its name. */}
          <ButtonBase
            aria-expanded={open}
            aria-label={t('runItems.more', { target: name })}
            onClick={() => onToggle(item.id)}
            sx={{
              minHeight: 24,
              paddingRight: 0.5,
              gap: 0.5,
              font: 'inherit',
              borderRadius: 1,
              '&:focus-visible': { outline: '2px solid currentColor' },
            }}
          >
            {open ? (
              <ExpandLess fontSize="small" aria-hidden />
            ) : (
              <ExpandMore fontSize="small" aria-hidden />
            )}
            {name}
          </ButtonBase>
          <Mono>{`${host}:${port}/${database}`}</Mono>
        </Box>
        {begun ? <Progress item={item} /> : <span role="cell">{dbSet}</span>}
      </Box>
      {open && (
        <Box role="row">
          {/* In sight whole, however wide the table beside it is. */}
          <Box
            role="cell"
            sx={{
              position: 'sticky',
              left: 0,
              boxSizing: 'border-box',
              width: '100cqw',
              padding: '4px 8px 12px 32px',
            }}
          >
            <RunItemDetails item={item} onResolve={onResolve} />
          </Box>
        </Box>
      )}
    </Box>
  );
});
