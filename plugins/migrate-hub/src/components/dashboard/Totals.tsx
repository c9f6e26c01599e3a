import { Dashboard } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useText } from '../../hooks/useText';

/** How large the hub is, in one line. */
export const Totals = ({ counts }: { counts: Dashboard['counts'] }) => {
  const t = useText();
  return (
    <>
      {[
        t('dashboard.projects', { count: counts.projects }),
        t('dashboard.migrations', { count: counts.migrations }),
        t('dashboard.databases', { count: counts.targets }),
        t('dashboard.openRuns', { count: counts.openRuns }),
      ].join(' · ')}
    </>
  );
};
