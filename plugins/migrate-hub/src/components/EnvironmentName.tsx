import Box from '@mui/material/Box';
import { isProduction } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { toneColor } from './tones';

/** The name of an environment; production has a red edge, so that nobody mistakes it. */
export const EnvironmentName = ({ name }: { name: string }) => (
  <Box
    component="span"
    sx={
      isProduction(name)
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
