import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import { ReactNode } from 'react';
import { usePageName } from '../hooks/usePageName';

interface PageTitleProps {
  title: ReactNode;
  /** What the browser's tab and history call the page, where that is not the title. */
  name?: string;
  /** Facts in one line below. */
  subtitle?: ReactNode;
  /** Buttons. */
  children?: ReactNode;
}

/** What this page is about, and what can be done with it. */
export const PageTitle = (props: PageTitleProps) => {
  const { title, subtitle, children } = props;
  usePageName(props.name ?? (typeof title === 'string' ? title : undefined));
  return (
    <Box
      sx={{
        display: 'flex',
        flexWrap: 'wrap',
        justifyContent: 'space-between',
        alignItems: 'flex-start',
        gap: 2,
        marginBottom: 2,
      }}
    >
      <Box sx={{ minWidth: 0, flex: '1 1 16rem' }}>
        <Typography
          component="h2"
          sx={{ fontSize: '1.5rem', fontWeight: 600, lineHeight: 1.3 }}
        >
          {title}
        </Typography>
        {subtitle && (
          <Typography
            component="div"
            variant="body2"
            color="text.secondary"
            sx={{
              display: 'flex',
              flexWrap: 'wrap',
              alignItems: 'center',
              columnGap: 1.5,
              rowGap: 0.5,
              marginTop: 0.5,
            }}
          >
            {subtitle}
          </Typography>
        )}
      </Box>
      {children && (
        <Box
          sx={{
            display: 'flex',
            flexWrap: 'wrap',
            // A button with its reason below is higher than the others.
            alignItems: 'flex-start',
            gap: 1,
          }}
        >
          {children}
        </Box>
      )}
    </Box>
  );
};
