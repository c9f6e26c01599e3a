import Box from '@mui/material/Box';
import Tooltip from '@mui/material/Tooltip';
import { useText } from '../hooks/useText';
import { CopyButton, Mono } from './CopyText';

/** The first 8 digits, all of them on hover and when copied. */
export const Checksum = ({ value }: { value: string }) => {
  const t = useText();
  return (
    <Box
      component="span"
      sx={{ display: 'inline-flex', alignItems: 'center', gap: 0.25 }}
    >
      <Tooltip title={<Mono>{value}</Mono>}>
        <span>
          <Mono>{value.slice(0, 8)}</Mono>
        </span>
      </Tooltip>
      <CopyButton text={value} what={t('copy.checksum')} />
    </Box>
  );
};
