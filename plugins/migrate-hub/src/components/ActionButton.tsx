import Box from '@mui/material/Box';
import Button, { ButtonProps } from '@mui/material/Button';
import Tooltip from '@mui/material/Tooltip';
import Typography from '@mui/material/Typography';
import {
  Action,
  ActionName,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { ReactNode, useId } from 'react';
import { useText } from '../hooks/useText';

interface ActionButtonProps
  extends Pick<
    ButtonProps,
    'variant' | 'color' | 'size' | 'startIcon' | 'autoFocus'
  > {
  action: ActionName;
  /** The entity that is acted on, as the API answered it. */
  of: { actions: Action[] };
  onClick: () => void;
  /** The act and its object: "Approve 12 targets in prd". */
  children: ReactNode;
  /** Where it says why it cannot be pressed: `below`, the default, or on hover and focus. */
  reason?: 'below' | 'tooltip';
}

/** Not `disabled`: it must be reachable by keyboard to say why. */
const unavailable = (
  reasonId: string,
  variant: ButtonProps['variant'],
): ButtonProps => ({
  'aria-disabled': true,
  'aria-describedby': reasonId,
  disableRipple: true,
  sx: {
    cursor: 'not-allowed',
    '&, &:hover': {
      color: 'text.secondary',
      backgroundColor:
        variant === 'contained' ? 'action.disabledBackground' : 'transparent',
      borderColor: 'divider',
      boxShadow: 'none',
    },
  },
});

/**
 * Does what the API allows. What is not allowed says why, and who could; what
 * the API does not mention is not offered.
 */
export const ActionButton = (props: ActionButtonProps) => {
  const { action, of, onClick, children, reason = 'below', ...look } = props;
  const t = useText();
  const id = useId();
  const found = of.actions.find(one => one.action === action);
  if (!found) return null;
  const why = found.allowed
    ? undefined
    : [found.message, found.who && t('action.who', { who: found.who })]
        .filter(Boolean)
        .join(' ');
  // Allowed or not, it is the same button: what has the focus keeps it when that changes.
  const button = (
    <Button
      {...look}
      {...(why === undefined ? { onClick } : unavailable(id, look.variant))}
    >
      {children}
    </Button>
  );
  if (reason === 'tooltip') {
    return (
      <Tooltip title={why ?? ''} describeChild>
        <span>
          {button}
          {why !== undefined && (
            <span id={id} hidden>
              {why}
            </span>
          )}
        </span>
      </Tooltip>
    );
  }
  return (
    <Box sx={{ maxWidth: '40ch' }}>
      {button}
      {why !== undefined && (
        <Typography
          id={id}
          variant="caption"
          component="p"
          color="text.secondary"
          sx={{ margin: 0 }}
        >
          {why}
        </Typography>
      )}
    </Box>
  );
};
