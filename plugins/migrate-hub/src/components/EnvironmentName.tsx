import Box from '@mui/material/Box';
import { toneColor } from './tones';

/** The name of an environment; `prd` has a red edge, so that nobody mistakes it. */
export const EnvironmentName = ({ name }: { name: string }) => (
  <Box
    component="span"
    sx={
      name === 'prd'
        ? {
            borderLeft: '4px solid',
            borderColor: toneColor('red'),
            paddingLeft: 0.75,
            fontWeight: 600,
          }
        : undefined
    }
  >
    {name}
  </Box>
);
