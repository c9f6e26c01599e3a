import Box from '@mui/material/Box';
import { useIsProtected } from '../hooks/useHub';
import { toneColor } from './tones';

/** The name of an environment; a protected one has a red edge, so that nobody mistakes it. */
export const EnvironmentName = ({ name }: { name: string }) => {
  const isProtected = useIsProtected();
  return (
    <Box
      component="span"
      sx={
        isProtected(name)
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
};
