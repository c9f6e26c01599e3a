import Box from '@mui/material/Box';
import Chip from '@mui/material/Chip';
import Stack from '@mui/material/Stack';
import Typography from '@mui/material/Typography';
import { RunItem } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef, useState } from 'react';
import { useText } from '../../hooks/useText';
import { ItemFilter, countItems, itemFilters, matches } from './itemFilter';
import { RunItemRow, itemColumns } from './RunItemRow';

const ROW_PX = 40;
const MAX_HEIGHT_PX = 480;

const progressColumns = [
  'status',
  'outcome',
  'progress',
  'duration',
  'detail',
] as const;
const placeColumns = ['dbSet'] as const;

interface RunItemsProps {
  items: RunItem[];
  onResolve?: (item: RunItem) => void;
}

/** What failed first: it stays the same whatever fails after it. */
function firstFailed(items: RunItem[]): RunItem | undefined {
  return items
    .filter(({ status }) => status === 'failed')
    .reduce<RunItem | undefined>(
      (first, item) =>
        first && (first.finishedAt ?? '') <= (item.finishedAt ?? '')
          ? first
          : item,
      undefined,
    );
}

/** The targets of a run. Only those in sight are in the page, be there 3 or 5,000. */
export const RunItems = ({ items, onResolve }: RunItemsProps) => {
  const t = useText();
  const [filter, setFilter] = useState<ItemFilter>('all');
  // What needs a person is open from the start; what was closed by hand stays closed.
  const [chosen, setChosen] = useState<string | 'none'>();
  const open = chosen ?? firstFailed(items)?.id;
  // Until something happens there is nothing to tell of them but where they are.
  const begun = items.some(
    ({ status, attempt }) => status !== 'queued' || attempt > 0,
  );
  const counts = useMemo(() => countItems(items), [items]);
  const shown = useMemo(
    () => items.filter(item => matches(item, filter)),
    [items, filter],
  );

  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    getItemKey: index => shown[index].id,
    estimateSize: () => ROW_PX,
    overscan: 12,
  });
  const toggle = (id: string) => setChosen(open === id ? 'none' : id);

  return (
    <>
      {begun && (
        <Stack
          direction="row"
          useFlexGap
          flexWrap="wrap"
          spacing={1}
          role="group"
          aria-label={t('runItems.title')}
          marginBottom={1}
        >
          {itemFilters
            .filter(one => one === 'all' || one === filter || counts[one] > 0)
            .map(one => (
              <Chip
                key={one}
                component="button"
                clickable
                size="small"
                label={`${t(`runItems.${one}`)} ${counts[one]}`}
                aria-pressed={one === filter}
                color={one === filter ? 'primary' : 'default'}
                onClick={() => setFilter(one)}
              />
            ))}
        </Stack>
      )}
      {shown.length === 0 && <Typography>{t('runItems.none')}</Typography>}
      <Box
        ref={scroller}
        tabIndex={0}
        role="region"
        aria-label={t('runItems.title')}
        sx={{
          maxHeight: MAX_HEIGHT_PX,
          overflow: 'auto',
          containerType: 'inline-size',
        }}
      >
        <Box
          role="table"
          aria-label={t('runItems.title')}
          aria-rowcount={shown.length + 1}
          sx={{ minWidth: begun ? 860 : undefined, fontSize: '0.875rem' }}
        >
          <Box
            role="row"
            aria-rowindex={1}
            sx={{
              ...itemColumns[begun ? 'begun' : 'waiting'],
              position: 'sticky',
              top: 0,
              zIndex: 1,
              fontWeight: 600,
              backgroundColor: 'background.paper',
              borderBottom: 1,
              borderColor: 'divider',
            }}
          >
            <span role="columnheader">{t('runItems.target')}</span>
            {(begun ? progressColumns : placeColumns).map(name => (
              <span key={name} role="columnheader">
                {t(`runItems.${name}`)}
              </span>
            ))}
          </Box>
          <Box
            role="rowgroup"
            sx={{ position: 'relative', height: rows.getTotalSize() }}
          >
            {rows.getVirtualItems().map(row => {
              const item = shown[row.index];
              return (
                <Box
                  key={row.key}
                  role="presentation"
                  ref={rows.measureElement}
                  data-index={row.index}
                  sx={{ position: 'absolute', left: 0, right: 0, top: 0 }}
                  style={{ transform: `translateY(${row.start}px)` }}
                >
                  <RunItemRow
                    item={item}
                    rowIndex={row.index + 2}
                    begun={begun}
                    open={open === item.id}
                    onToggle={toggle}
                    onResolve={onResolve}
                  />
                </Box>
              );
            })}
          </Box>
        </Box>
      </Box>
    </>
  );
};
