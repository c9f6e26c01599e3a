import Tab from '@mui/material/Tab';
import Tabs from '@mui/material/Tabs';
import { Me } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { ComponentType } from 'react';
import { useFilters } from '../../hooks/useFilters';
import { useHub } from '../../hooks/useHub';
import { useText } from '../../hooks/useText';
import { EmptyState } from '../EmptyState';
import { PageTitle } from '../PageTitle';
import { Policies } from '../policies';
import { Webhooks } from '../webhooks';
import { AuditLog } from './AuditLog';
import { Health } from './Health';
import { SecretKeys } from './SecretKeys';
import { Sessions } from './Sessions';
import { SignInSettings } from './SignInSettings';
import { Users } from './Users';

const VIEW = ['view'] as const;

const administers = (me: Me) => me.allowedActions.includes('administer');
const manages = (me: Me) => me.user.role !== 'user';

/** In the order of the tabs; a new view is a line here and its text `admin.<name>`. */
const views = {
  users: { View: Users, seenBy: administers },
  sessions: { View: Sessions, seenBy: manages },
  policies: { View: Policies, seenBy: () => true },
  signIn: { View: SignInSettings, seenBy: administers },
  secrets: { View: SecretKeys, seenBy: administers },
  webhooks: { View: Webhooks, seenBy: administers },
  health: { View: Health, seenBy: administers },
  audit: { View: AuditLog, seenBy: manages },
} satisfies Record<
  string,
  { View: ComponentType; seenBy: (me: Me) => boolean }
>;
type View = keyof typeof views;

/** Users, sessions, policies, sign-in and the audit log. */
export const AdminPage = () => {
  const t = useText();
  const { me } = useHub();
  const { values, set } = useFilters(VIEW);
  const offered = (Object.keys(views) as View[]).filter(name =>
    views[name].seenBy(me),
  );
  if (!manages(me)) {
    return (
      <>
        <PageTitle title={t('admin.title')} />
        <EmptyState title={t('admin.nothing')}>
          {t('admin.nothingHint')}
        </EmptyState>
        <Policies />
      </>
    );
  }
  const view = offered.find(name => name === values.view) ?? offered[0];
  const { View } = views[view];
  return (
    <>
      <PageTitle title={t('admin.title')} />
      <Tabs
        value={view}
        onChange={(_, next) => set({ view: next })}
        aria-label={t('admin.views')}
        variant="scrollable"
        scrollButtons="auto"
        sx={{ marginBottom: 2 }}
      >
        {offered.map(one => (
          <Tab key={one} value={one} label={t(`admin.${one}`)} />
        ))}
      </Tabs>
      <View />
    </>
  );
};
