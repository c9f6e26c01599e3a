import Button from '@mui/material/Button';
import MenuItem from '@mui/material/MenuItem';
import TextField from '@mui/material/TextField';
import Typography from '@mui/material/Typography';
import {
  User,
  roleSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useText } from '../../hooks/useText';
import { Column } from '../PagedTable';
import { RelativeTime } from '../RelativeTime';
import { UserChange } from './UserDialog';

interface ColumnOptions {
  t: ReturnType<typeof useText>;
  /** Id of the one who looks. */
  me: string;
  ask: (user: User, what: UserChange | 'password') => void;
}

/** Who it is, what they may do, and how to change that. */
export const userColumns = ({ t, me, ask }: ColumnOptions): Column<User>[] => [
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
    noWrap: true,
    cell: user => (
      <>
        {user.kind === 'person' && !user.disabled && (
          <Button
            size="small"
            aria-label={t('users.passwordOf', { name: user.name })}
            onClick={() => ask(user, 'password')}
          >
            {t('users.password')}
          </Button>
        )}
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
      </>
    ),
  },
];
