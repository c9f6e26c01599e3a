import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import {
  Role,
  User,
  roleSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useCallback, useState } from 'react';
import { useFilters } from '../../hooks/useFilters';
import { useHub, useHubClient } from '../../hooks/useHub';
import { usePagedList } from '../../hooks/usePagedList';
import { useText } from '../../hooks/useText';
import { EmptyState } from '../EmptyState';
import { FilterBar, FilterSelect, FilterText } from '../FilterBar';
import { PagedTable } from '../PagedTable';
import { NewUserDialog } from './NewUserDialog';
import { OneTimePasswordDialog } from './OneTimePasswordDialog';
import { userColumns } from './userColumns';
import { UserChange, UserDialog } from './UserDialog';

const FILTERS = ['q', 'role', 'disabled'] as const;

const roleOf = (text: string | undefined): Role | undefined =>
  roleSchema.safeParse(text).data;

const flagOf = (text: string | undefined): 'true' | 'false' | undefined =>
  text === 'true' || text === 'false' ? text : undefined;

type Asked =
  | { what: 'new' }
  | { what: 'change'; user: User; change: UserChange }
  | { what: 'password'; user: User };

/** Who may do what. */
export const Users = () => {
  const t = useText();
  const hub = useHubClient();
  const { me } = useHub();
  const filters = useFilters(FILTERS);
  const { values, set } = filters;
  const [asked, setAsked] = useState<Asked>();

  const list = usePagedList(
    useCallback(
      ({ cursor }, signal) =>
        hub.call('listUsers', {
          query: {
            q: values.q,
            role: roleOf(values.role),
            disabled: flagOf(values.disabled),
            cursor,
          },
          signal,
        }),
      [hub, values],
    ),
  );

  const close = () => setAsked(undefined);
  const done = () => {
    close();
    list.reload();
  };
  return (
    <>
      <FilterBar active={filters.active} onClear={filters.clear}>
        <FilterText
          label={t('users.search')}
          value={values.q}
          onChange={q => set({ q })}
          width={220}
          search
        />
        <FilterSelect
          label={t('users.role')}
          options={roleSchema.options.map(role => ({
            value: role,
            label: t(`users.role.${role}`),
          }))}
          value={values.role}
          onChange={role => set({ role })}
        />
        <FilterSelect
          label={t('users.status')}
          options={[
            { value: 'false', label: t('users.enabled') },
            { value: 'true', label: t('users.disabled') },
          ]}
          value={values.disabled}
          onChange={disabled => set({ disabled })}
        />
        <Box sx={{ flex: 1 }} />
        <Button variant="contained" onClick={() => setAsked({ what: 'new' })}>
          {t('users.create')}
        </Button>
      </FilterBar>
      <PagedTable
        label={t('admin.users')}
        list={list}
        columns={userColumns({
          t,
          me: me.user.id,
          ask: (user, what) =>
            setAsked(
              what === 'password'
                ? { what, user }
                : { what: 'change', user, change: what },
            ),
        })}
        keyOf={user => user.id}
        empty={<EmptyState title={t('users.empty')} />}
      />
      {asked?.what === 'change' && (
        <UserDialog
          user={asked.user}
          change={asked.change}
          onDone={done}
          onClose={close}
        />
      )}
      {asked?.what === 'password' && (
        <OneTimePasswordDialog user={asked.user} onClose={close} />
      )}
      {asked?.what === 'new' && (
        <NewUserDialog onCreated={done} onClose={close} />
      )}
    </>
  );
};
