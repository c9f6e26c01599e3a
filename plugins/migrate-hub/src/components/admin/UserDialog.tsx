import { Role, User } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useCommand } from '../../hooks/useCommand';
import { useHubClient } from '../../hooks/useHub';
import { useText } from '../../hooks/useText';
import { ConfirmDialog } from '../ConfirmDialog';

/** What is to be changed of a user. */
export type UserChange = { role: Role } | { disabled: boolean };

interface UserDialogProps {
  user: User;
  change: UserChange;
  onDone: () => void;
  onClose: () => void;
}

/** Changes a role, disables or enables, after saying what that comes to. */
export const UserDialog = (props: UserDialogProps) => {
  const { user, change, onDone, onClose } = props;
  const words = useWords(user, change);
  const hub = useHubClient();
  const command = useCommand(() =>
    hub.call('updateUser', {
      params: { id: user.id },
      body: { ...change, expectedRevision: user.revision },
    }),
  );
  const disables = 'disabled' in change && change.disabled;
  return (
    <ConfirmDialog
      open
      {...words}
      color={disables ? 'error' : 'primary'}
      typeToConfirm={disables ? user.email ?? user.name : undefined}
      busy={command.busy}
      error={command.error}
      onConfirm={async () => {
        if (await command.run()) onDone();
      }}
      onClose={onClose}
    />
  );
};

function useWords({ name }: User, change: UserChange) {
  const t = useText();
  if ('role' in change) {
    const role = t(`users.role.${change.role}`);
    return {
      title: t('users.roleTitle', { name, role }),
      consequence: t(`users.roleWhat.${change.role}`),
      confirm: t('users.roleConfirm', { role }),
    };
  }
  const act = change.disabled ? 'disable' : 'enable';
  return {
    title: t(`users.${act}Title`, { name }),
    consequence: t(`users.${act}What`),
    confirm: t(`users.${act}Of`, { name }),
  };
}
