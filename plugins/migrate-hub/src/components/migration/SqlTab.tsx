import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import { useProjectEngines } from '../../hooks/useProjectEngines';
import { useText } from '../../hooks/useText';
import { Checksum } from '../Checksum';
import { CopyButton } from '../CopyText';
import { Panel } from '../Section';
import { SqlView } from '../sql';
import type { MigrationTabProps } from './MigrationTabs';

/** Up and down, side by side where there is room. */
export const SqlTab = ({ migration }: MigrationTabProps) => {
  const t = useText();
  const engines = useProjectEngines(migration.project).value;
  const engine = engines?.[0];

  return (
    <Box
      sx={{
        display: 'grid',
        gridTemplateColumns: {
          xs: 'minmax(0, 1fr)',
          lg: 'minmax(0, 1fr) minmax(0, 1fr)',
        },
        gap: 2,
        alignItems: 'start',
      }}
    >
      <Panel
        title={t('sqlTab.up')}
        aside={<Facts sql={migration.sqlUp} checksum={migration.checksumUp} />}
      >
        <SqlView
          label={t('sqlTab.up')}
          sql={migration.sqlUp}
          engine={engine}
          maxHeight={640}
        />
      </Panel>
      <Panel
        title={t('sqlTab.down')}
        aside={
          migration.sqlDown !== undefined &&
          migration.checksumDown && (
            <Facts sql={migration.sqlDown} checksum={migration.checksumDown} />
          )
        }
      >
        {migration.sqlDown === undefined ? (
          <Alert severity="warning">{t('sqlTab.noDown')}</Alert>
        ) : (
          <SqlView
            label={t('sqlTab.down')}
            sql={migration.sqlDown}
            engine={engine}
            maxHeight={640}
          />
        )}
      </Panel>
    </Box>
  );
};

function Facts({ sql, checksum }: { sql: string; checksum: string }) {
  const t = useText();
  return (
    <Box sx={{ display: 'flex', alignItems: 'center', gap: 1 }}>
      <Checksum value={checksum} />
      <CopyButton text={sql} what={t('copy.sql')} variant="button" />
    </Box>
  );
}
