import Box from '@mui/material/Box';

/** The name of an environment; `prd` has a red edge, so that nobody mistakes it. */
export const EnvironmentName = ({ name }: { name: string }) => (
  <Box
    component="span"
    sx={
      name === 'prd'
        ? { borderLeft: 4, borderColor: 'error.main', paddingLeft: 0.75 }
        : undefined
    }
  >
    {name}
  </Box>
);
