import Check from '@mui/icons-material/Check';
import ContentCopy from '@mui/icons-material/ContentCopy';
import Box from '@mui/material/Box';
import IconButton from '@mui/material/IconButton';
import Tooltip from '@mui/material/Tooltip';
import { ReactNode, useEffect, useState } from 'react';
import { useText } from '../hooks/useText';

interface CopyButtonProps {
  text: string;
  /** What is copied, for the label of the button: "Copy checksum". */
  what: string;
}

/** Copies, and says so for a moment. */
export const CopyButton = ({ text, what }: CopyButtonProps) => {
  const t = useText();
  const [copied, setCopied] = useState(false);

  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);

  const label = copied ? t('copy.copied') : t('copy.copy', { what });
  return (
    <Tooltip title={label}>
      <IconButton
        size="small"
        aria-label={label}
        sx={{ padding: '5px', fontSize: '0.875rem' }}
        onClick={async event => {
          // Beside a link or within a row that opens something.
          event.stopPropagation();
          await navigator.clipboard.writeText(text);
          setCopied(true);
        }}
      >
        {copied ? (
          <Check fontSize="inherit" />
        ) : (
          <ContentCopy fontSize="inherit" />
        )}
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
export const CopyText = ({ text, what }: CopyButtonProps) => (
  <Box
    component="span"
    sx={{ display: 'inline-flex', alignItems: 'center', gap: 0.25 }}
  >
    <Mono>{text}</Mono>
    <CopyButton text={text} what={what} />
  </Box>
);
