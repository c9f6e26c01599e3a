import { Content, Header, Page } from '@backstage/core-components';
import { useApi } from '@backstage/core-plugin-api';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import Refresh from '@mui/icons-material/Refresh';
import Button from '@mui/material/Button';
import Grid from '@mui/material/Grid';
import { useCallback } from 'react';
import { migrateHubApiRef } from '../../api';
import { useLoad } from '../../hooks/useLoad';
import { migrateHubTranslationRef } from '../../translation';
import { Section } from '../Section';
import { EnvironmentList } from './EnvironmentList';
import { Identity } from './Identity';
import { MigrationTable } from './MigrationTable';
import { RunTable } from './RunTable';

/** Who am I, where does each change stand, what is running? */
export const MigrateHubPage = () => {
  const { t } = useTranslationRef(migrateHubTranslationRef);
  const hub = useApi(migrateHubApiRef);

  const me = useLoad(
    useCallback(signal => hub.call('getMe', { signal }), [hub]),
  );
  const environments = useLoad(
    useCallback(signal => hub.call('listEnvironments', { signal }), [hub]),
  );
  const migrations = useLoad(
    useCallback(
      signal => hub.call('listMigrations', { query: { limit: 50 }, signal }),
      [hub],
    ),
  );
  const active = useLoad(
    useCallback(
      signal =>
        hub.call('listRuns', {
          query: { status: ['queued', 'running'], limit: 20 },
          signal,
        }),
      [hub],
    ),
  );
  const recent = useLoad(
    useCallback(
      signal => hub.call('listRuns', { query: { limit: 10 }, signal }),
      [hub],
    ),
  );
  const all = [me, environments, migrations, active, recent];

  return (
    <Page themeId="tool">
      <Header title={t('page.title')} subtitle={t('page.subtitle')}>
        <Button
          sx={{ color: 'common.white' }}
          startIcon={<Refresh />}
          onClick={() => all.map(load => load.reload())}
        >
          {t('page.refresh')}
        </Button>
      </Header>
      <Content>
        <Grid container spacing={3}>
          <Grid item xs={12} md={4}>
            <Section title={t('me.title')} load={me}>
              {({ user }) => <Identity user={user} />}
            </Section>
          </Grid>
          <Grid item xs={12} md={8}>
            <Section title={t('environments.title')} load={environments}>
              {list => <EnvironmentList environments={list} />}
            </Section>
          </Grid>
          <Grid item xs={12}>
            <Section title={t('migrations.title')} load={migrations}>
              {page => (
                <MigrationTable
                  migrations={page.items}
                  environments={environments.value ?? []}
                  more={page.nextCursor !== undefined}
                />
              )}
            </Section>
          </Grid>
          <Grid item xs={12} md={6}>
            <Section title={t('runs.active')} load={active}>
              {page => (
                <RunTable runs={page.items} empty={t('runs.activeEmpty')} />
              )}
            </Section>
          </Grid>
          <Grid item xs={12} md={6}>
            <Section title={t('runs.recent')} load={recent}>
              {page => (
                <RunTable runs={page.items} empty={t('runs.recentEmpty')} />
              )}
            </Section>
          </Grid>
        </Grid>
      </Content>
    </Page>
  );
};
