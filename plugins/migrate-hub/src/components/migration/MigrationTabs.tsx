import Box from '@mui/material/Box';
import Tab from '@mui/material/Tab';
import Tabs from '@mui/material/Tabs';
import { Migration } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { ComponentType } from 'react';
import { useFilters } from '../../hooks/useFilters';
import { useText } from '../../hooks/useText';
import { HistoryTab } from './HistoryTab';
import { OverviewTab } from './OverviewTab';
import { RunsTab } from './RunsTab';
import { SqlTab } from './SqlTab';
import { TargetsTab } from './TargetsTab';
import { VersionsTab } from './VersionsTab';

export interface MigrationTabProps {
  migration: Migration;
}

const tabs = {
  overview: OverviewTab,
  sql: SqlTab,
  versions: VersionsTab,
  runs: RunsTab,
  targets: TargetsTab,
  history: HistoryTab,
} satisfies Record<string, ComponentType<MigrationTabProps>>;

type TabName = keyof typeof tabs;

const names = Object.keys(tabs) as TabName[];
const filterNames = ['tab'] as const;

/** The parts of the page below the pipeline; which one is open stands in the address. */
export const MigrationTabs = ({ migration }: MigrationTabProps) => {
  const t = useText();
  const { values, set } = useFilters(filterNames);
  const open = names.find(name => name === values.tab) ?? 'overview';
  const Open = tabs[open];

  return (
    <>
      <Tabs
        value={open}
        onChange={(_, tab: TabName) =>
          set({ tab: tab === 'overview' ? undefined : tab })
        }
        variant="scrollable"
        aria-label={t('migration.tabs')}
        sx={{ borderBottom: 1, borderColor: 'divider' }}
      >
        {names.map(name => (
          <Tab
            key={name}
            value={name}
            id={`migration-tab-${name}`}
            aria-controls={
              name === open ? `migration-panel-${name}` : undefined
            }
            label={t(`migration.tab.${name}`)}
            sx={{
              textTransform: 'none',
              letterSpacing: 'normal',
              minWidth: 0,
              '&:not(.Mui-selected)': { color: 'text.secondary' },
            }}
          />
        ))}
      </Tabs>
      <Box
        role="tabpanel"
        id={`migration-panel-${open}`}
        aria-labelledby={`migration-tab-${open}`}
        sx={{ paddingTop: 2, minHeight: 320 }}
      >
        <Open migration={migration} />
      </Box>
    </>
  );
};
