import Button from '@mui/material/Button';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import Typography from '@mui/material/Typography';
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
import { Column, PagedTable } from '../PagedTable';
import { RelativeTime } from '../RelativeTime';
import { UserChange, UserDialog } from './UserDialog';

const FILTERS = ['q', 'role', 'disabled'] as const;

const roleOf = (text: string | undefined): Role | undefined =>
  roleSchema.safeParse(text).data;

const flagOf = (text: string | undefined): 'true' | 'false' | undefined =>
  text === 'true' || text === 'false' ? text : undefined;

interface ColumnOptions {
  t: ReturnType<typeof useText>;
  /** Id of the one who looks. */
  me: string;
  ask: (user: User, change: UserChange) => void;
}

const columns = ({ t, me, ask }: ColumnOptions): Column<User>[] => [
  {
    id: 'name',
    header: t('users.name'),
    rowHeader: true,
    cell: ({ id, name, kind, disabled }) => (
      <>
        {name}
        <Typography variant="caption" color="text.secondary">
          {id === me && ` (${t('users.you')})`}
          {kind === 'service' && ` (${t('users.service')})`}
          {disabled && ` (${t('users.disabled')})`}
        </Typography>
      </>
    ),
  },
  { id: 'email', header: t('users.email'), cell: ({ email }) => email ?? '–' },
  {
    id: 'role',
    header: t('users.role'),
    cell: user =>
      user.kind === 'service' ? (
        t(`users.role.${user.role}`)
      ) : (
        <TextField
          select
          size="small"
          variant="standard"
          value={user.role}
          onChange={event =>
            ask(user, { role: roleSchema.parse(event.target.value) })
          }
          SelectProps={{
            inputProps: {
              'aria-label': t('users.roleOf', { name: user.name }),
            },
          }}
        >
          {roleSchema.options.map(role => (
            <MenuItem key={role} value={role}>
              {t(`users.role.${role}`)}
            </MenuItem>
          ))}
        </TextField>
      ),
  },
  {
    id: 'provider',
    header: t('users.provider'),
    cell: ({ provider }) => provider,
  },
  {
    id: 'lastSignIn',
    header: t('users.lastSignIn'),
    noWrap: true,
    cell: ({ lastSignInAt }) =>
      lastSignInAt ? <RelativeTime at={lastSignInAt} /> : t('users.never'),
  },
  {
    id: 'actions',
    header: t('users.actions'),
    cell: user => (
      <Button
        size="small"
        color={user.disabled ? 'primary' : 'error'}
        aria-label={t(user.disabled ? 'users.enableOf' : 'users.disableOf', {
          name: user.name,
        })}
        onClick={() => ask(user, { disabled: !user.disabled })}
      >
        {t(user.disabled ? 'users.enable' : 'users.disable')}
      </Button>
    ),
  },
];

/** Who may do what. */
export const Users = () => {
  const t = useText();
  const hub = useHubClient();
  const { me } = useHub();
  const filters = useFilters(FILTERS);
  const { values, set } = filters;
  const [asked, setAsked] = useState<{ user: User; change: UserChange }>();

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
      </FilterBar>
      <PagedTable
        label={t('admin.users')}
        list={list}
        columns={columns({
          t,
          me: me.user.id,
          ask: (user, change) => setAsked({ user, change }),
        })}
        keyOf={user => user.id}
        empty={<EmptyState title={t('users.empty')} />}
      />
      {asked && (
        <UserDialog
          {...asked}
          onDone={() => {
            setAsked(undefined);
            list.reload();
          }}
          onClose={() => setAsked(undefined)}
        />
      )}
    </>
  );
};
