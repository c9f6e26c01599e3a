import Tab from '@mui/material/Tab';
import Tabs from '@mui/material/Tabs';
import { ComponentType } from 'react';
import { useFilters } from '../../hooks/useFilters';
import { useHub } from '../../hooks/useHub';
import { useText } from '../../hooks/useText';
import { EmptyState } from '../EmptyState';
import { PageTitle } from '../PageTitle';
import { AuditLog } from './AuditLog';
import { Policies } from './Policies';
import { SecretKeys } from './SecretKeys';
import { Sessions } from './Sessions';
import { Users } from './Users';

const VIEW = ['view'] as const;

const views = {
  users: Users,
  sessions: Sessions,
  policies: Policies,
  secrets: SecretKeys,
  audit: AuditLog,
} satisfies Record<string, ComponentType>;
type View = keyof typeof views;

const isView = (text: string | undefined): text is View =>
  text !== undefined && text in views;

/** Users, policies and the audit log. */
export const AdminPage = () => {
  const t = useText();
  const { me } = useHub();
  const { values, set } = useFilters(VIEW);
  const offered: View[] = [
    ...(me.allowedActions.includes('administer')
      ? (['users', 'sessions'] as const)
      : []),
    'policies',
    ...(me.allowedActions.includes('administer') ? (['secrets'] as const) : []),
    ...(me.user.role === 'user' ? [] : (['audit'] as const)),
  ];
  if (me.user.role === 'user') {
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
  const view =
    isView(values.view) && offered.includes(values.view)
      ? values.view
      : offered[0];
  const Shown = views[view];
  return (
    <>
      <PageTitle title={t('admin.title')} />
      <Tabs
        value={view}
        onChange={(_, next) => set({ view: next })}
        aria-label={t('admin.views')}
        sx={{ marginBottom: 2 }}
      >
        {offered.map(one => (
          <Tab key={one} value={one} label={t(`admin.${one}`)} />
        ))}
      </Tabs>
      <Shown />
    </>
  );
};
