import Check from '@mui/icons-material/Check';
import ContentCopy from '@mui/icons-material/ContentCopy';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import IconButton from '@mui/material/IconButton';
import Tooltip from '@mui/material/Tooltip';
import { MouseEvent, ReactNode, useEffect, useState } from 'react';
import { useText } from '../hooks/useText';

interface CopyButtonProps {
  text: string;
  /** What is copied, for the label of the button: "Copy checksum". */
  what: string;
  /** `icon`: beside what is copied, the default. `button`: says what it copies. */
  variant?: 'icon' | 'button';
}

/** Copies, and says so for a moment. */
export const CopyButton = (props: CopyButtonProps) => {
  const { text, what, variant = 'icon' } = props;
  const t = useText();
  const [copied, setCopied] = useState(false);

  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);

  const label = copied ? t('copy.copied') : t('copy.copy', { what });
  const Icon = copied ? Check : ContentCopy;
  async function copy(event: MouseEvent) {
    // Beside a link or within a row that opens something.
    event.stopPropagation();
    await navigator.clipboard.writeText(text);
    setCopied(true);
  }
  if (variant === 'button') {
    return (
      <Button size="small" startIcon={<Icon />} onClick={copy}>
        {label}
      </Button>
    );
  }
  return (
    <Tooltip title={label}>
      <IconButton
        size="small"
        aria-label={label}
        sx={{ padding: '5px', fontSize: '0.875rem' }}
        onClick={copy}
      >
        <Icon fontSize="inherit" />
      </IconButton>
    </Tooltip>
  );
};

/** Keys, hosts and the like. */
export const Mono = ({ children }: { children: ReactNode }) => (
  <Box component="code" sx={{ fontSize: '0.9em', overflowWrap: 'break-word' }}>
    {children}
  </Box>
);

/** Monospace text with a button to copy it. */
export const CopyText = ({ text, what }: Omit<CopyButtonProps, 'variant'>) => (
  <Box
    component="span"
    sx={{ display: 'inline-flex', alignItems: 'center', gap: 0.25 }}
  >
    <Mono>{text}</Mono>
    <CopyButton text={text} what={what} />
  </Box>
);
