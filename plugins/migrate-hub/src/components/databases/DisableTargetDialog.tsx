import { DbTarget } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useCommand } from '../../hooks/useCommand';
import { useHubClient } from '../../hooks/useHub';
import { useText } from '../../hooks/useText';
import { ConfirmDialog } from '../ConfirmDialog';

interface DisableTargetDialogProps {
  target: DbTarget;
  onDone: () => void;
  onClose: () => void;
}

/** Disables a target, or enables it again. */
export const DisableTargetDialog = (props: DisableTargetDialogProps) => {
  const { target, onDone, onClose } = props;
  const t = useText();
  const hub = useHubClient();
  const { id, revision, disabled, name } = target;
  const command = useCommand(() =>
    hub.call('updateDbTarget', {
      params: { id },
      body: { expectedRevision: revision, disabled: !disabled },
    }),
  );
  const act = disabled ? 'enable' : 'disable';
  return (
    <ConfirmDialog
      open
      title={t(`dbConfirm.${act}Target`, { name })}
      consequence={t(`dbConfirm.${act}TargetWhat`)}
      confirm={t(`dbConfirm.${act}Confirm`, { name })}
      color={disabled ? 'primary' : 'error'}
      typeToConfirm={disabled ? undefined : name}
      busy={command.busy}
      error={command.error}
      onConfirm={async () => {
        if (await command.run()) onDone();
      }}
      onClose={onClose}
    />
  );
};
