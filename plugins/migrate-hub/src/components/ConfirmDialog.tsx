import Button, { ButtonProps } from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogContentText from '@mui/material/DialogContentText';
import DialogTitle from '@mui/material/DialogTitle';
import TextField from '@mui/material/TextField';
import { FormEvent, ReactNode, useId, useState } from 'react';
import { useText } from '../hooks/useText';
import { ErrorNotice } from './ErrorNotice';

interface ConfirmDialogProps {
  open: boolean;
  /** The question: "Execute auth-142 on 12 targets in prd?" */
  title: string;
  /** What will happen, in words. */
  consequence: ReactNode;
  /** The act and its object, on the button. */
  confirm: string;
  color?: ButtonProps['color'];
  /** For prd and for what cannot be undone: this name must be typed. */
  typeToConfirm?: string;
  /** Asks for a sentence: `required` where the API wants one. */
  comment?: { label: string; required?: boolean };
  /** What `children` still ask for; until then it cannot be confirmed. */
  missing?: string;
  busy?: boolean;
  error?: Error;
  /** Fields between the consequence and the comment. */
  children?: ReactNode;
  onConfirm: (comment: string | undefined) => void;
  onClose: () => void;
}

/** Asks before something is done. Keyed by its opening, so that it is empty each time. */
export const ConfirmDialog = (props: ConfirmDialogProps) => (
  <Dialog
    open={props.open}
    onClose={props.busy ? undefined : props.onClose}
    aria-label={props.title}
    maxWidth="sm"
    fullWidth
  >
    {/* Mounted only while open: what was typed the last time is gone. */}
    <ConfirmForm {...props} />
  </Dialog>
);

function ConfirmForm(props: ConfirmDialogProps) {
  const t = useText();
  const id = useId();
  const [typed, setTyped] = useState('');
  const [comment, setComment] = useState('');
  const nameMissing =
    props.typeToConfirm !== undefined && typed.trim() !== props.typeToConfirm;
  const commentMissing = props.comment?.required && comment.trim() === '';
  const ready =
    !nameMissing && !commentMissing && !props.missing && !props.busy;

  function submit(event: FormEvent) {
    event.preventDefault();
    if (ready) props.onConfirm(comment.trim() || undefined);
  }

  return (
    <form onSubmit={submit}>
      <DialogTitle>{props.title}</DialogTitle>
      <DialogContent>
        <DialogContentText component="div" color="text.primary">
          {props.consequence}
        </DialogContentText>
        {props.children}
        {props.comment && (
          <TextField
            label={props.comment.label}
            value={comment}
            onChange={event => setComment(event.target.value)}
            required={props.comment.required}
            multiline
            minRows={2}
            fullWidth
            margin="normal"
            inputProps={{ maxLength: 2000 }}
          />
        )}
        {props.typeToConfirm !== undefined && (
          <TextField
            id={id}
            label={t('confirm.type', { name: props.typeToConfirm })}
            value={typed}
            onChange={event => setTyped(event.target.value)}
            autoComplete="off"
            fullWidth
            margin="normal"
            inputProps={{ spellCheck: false }}
          />
        )}
        {props.error && <ErrorNotice error={props.error} />}
      </DialogContent>
      <DialogActions sx={{ padding: 2 }}>
        <Button onClick={props.onClose} disabled={props.busy} color="inherit">
          {t('confirm.back')}
        </Button>
        <Button
          type="submit"
          variant="contained"
          color={props.color ?? 'primary'}
          disabled={!ready}
        >
          {props.busy ? t('confirm.busy') : props.missing ?? props.confirm}
        </Button>
      </DialogActions>
    </form>
  );
}
