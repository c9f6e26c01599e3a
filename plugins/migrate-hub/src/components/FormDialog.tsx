import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import Stack from '@mui/material/Stack';
import { FormEvent, ReactNode } from 'react';
import { useText } from '../hooks/useText';
import { ErrorNotice } from './ErrorNotice';

interface FormDialogProps {
  title: string;
  submit: string;
  busy: boolean;
  error?: Error;
  onSubmit: () => void;
  onClose: () => void;
  /** More buttons, on the left. */
  extra?: ReactNode;
  children: ReactNode;
}

/** A form above the page. Escape closes it, a click beside it does not: what was typed would be gone. */
export const FormDialog = (props: FormDialogProps) => {
  const t = useText();
  function submit(event: FormEvent) {
    event.preventDefault();
    props.onSubmit();
  }
  return (
    <Dialog
      open
      onClose={(_, reason) => {
        if (reason === 'escapeKeyDown' && !props.busy) props.onClose();
      }}
      aria-label={props.title}
      maxWidth="sm"
      fullWidth
    >
      <form onSubmit={submit}>
        <DialogTitle>{props.title}</DialogTitle>
        <DialogContent>
          <Stack spacing={2} paddingTop={1}>
            {props.children}
            {props.error && <ErrorNotice error={props.error} />}
          </Stack>
        </DialogContent>
        <DialogActions sx={{ padding: 2 }}>
          {props.extra}
          <Button color="inherit" onClick={props.onClose} disabled={props.busy}>
            {t('confirm.back')}
          </Button>
          <Button type="submit" variant="contained" disabled={props.busy}>
            {props.busy ? t('confirm.busy') : props.submit}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
};
