import Box from '@mui/material/Box';
import { ReactNode } from 'react';

/** Pairs of a word and its value, under each other. */
export const Facts = ({ children }: { children: ReactNode }) => (
  <Box
    component="dl"
    sx={{
      display: 'grid',
      gridTemplateColumns: 'minmax(120px, max-content) 1fr',
      columnGap: 2,
      rowGap: 0.25,
      margin: 0,
      fontSize: '0.875rem',
    }}
  >
    {children}
  </Box>
);

interface FactProps {
  name: string;
  children: ReactNode;
}

export const Fact = ({ name, children }: FactProps) => (
  <>
    {/* As high as a row with a button to copy. */}
    <Box
      component="dt"
      sx={{ color: 'text.secondary', lineHeight: '24px', minHeight: 24 }}
    >
      {name}
    </Box>
    <Box component="dd" sx={{ margin: 0, minWidth: 0, lineHeight: '24px' }}>
      {children}
    </Box>
  </>
);
