import Keyboard from '@mui/icons-material/Keyboard';
import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import IconButton from '@mui/material/IconButton';
import Table from '@mui/material/Table';
import TableBody from '@mui/material/TableBody';
import TableCell from '@mui/material/TableCell';
import TableRow from '@mui/material/TableRow';
import Tooltip from '@mui/material/Tooltip';
import { useEffect, useState } from 'react';
import { useText } from '../../hooks/useText';

const keys = [
  ['/', 'keys.search'],
  ['?', 'keys.help'],
  ['Esc', 'keys.close'],
  ['Tab', 'keys.next'],
] as const;

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    target.matches('input, textarea, select, [role=textbox]'));

/** `/` goes to the search field of the page, `?` lists the keys. */
export const KeyboardHelp = () => {
  const t = useText();
  const [open, setOpen] = useState(false);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (isTyping(event.target)) return;
      if (event.key === '?') setOpen(true);
      if (event.key !== '/') return;
      const search = document.querySelector<HTMLInputElement>(
        'input[data-hub-search]',
      );
      if (!search) return;
      event.preventDefault();
      search.focus();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);

  return (
    <>
      <Tooltip title={t('keys.openHelp')}>
        <IconButton
          aria-label={t('keys.openHelp')}
          onClick={() => setOpen(true)}
          sx={{ color: 'common.white' }}
        >
          <Keyboard />
        </IconButton>
      </Tooltip>
      <Dialog
        open={open}
        onClose={() => setOpen(false)}
        aria-label={t('keys.title')}
      >
        <DialogTitle>{t('keys.title')}</DialogTitle>
        <DialogContent>
          <Table size="small">
            <TableBody>
              {keys.map(([key, text]) => (
                <TableRow key={key}>
                  <TableCell component="th" scope="row">
                    <kbd>{key}</kbd>
                  </TableCell>
                  <TableCell>{t(text)}</TableCell>
                </TableRow>
              ))}
            </TableBody>
          </Table>
        </DialogContent>
        <DialogActions>
          <Button onClick={() => setOpen(false)}>{t('keys.done')}</Button>
        </DialogActions>
      </Dialog>
    </>
  );
};
